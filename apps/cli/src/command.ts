import { ParquetryError, isParquetryError, masked } from '@parquetry/core';
import { Command, type Help, Option } from 'commander';
import { type Config, readConfig } from './config';
import { type Place, placeText } from './reference';
import { GroupedHelp, heading, isHidden } from './help';
import { PROFILES, SETTINGS, type Setting, defaultOf, environmentName, setting } from './settings';

/** How a command deviates from the table of settings. */
export interface SettingsUse {
  /** Required settings. */
  readonly required?: readonly string[];
  /** Descriptions of settings that are specific to this command. */
  readonly docs?: Readonly<Record<string, string>>;
  /** Defaults of this command; `undefined` for no default. */
  readonly defaults?: Readonly<Record<string, string | undefined>>;
  /** Lists rarely used settings too: they are what the command is about. */
  readonly all?: boolean;
}

/**
 * A command that reads its settings from the command line, the environment, the configuration file, the profile or the
 * defaults, in this order. It does so while the command line is parsed, so that a required option may come from any of
 * them.
 */
export class SettingsCommand extends Command {
  /** Notes about the configuration file for the user. */
  notes: readonly string[] = [];
  /** Where the values of settings come from, by the names of their options' values. */
  readonly origins = new Map<string, Origin>();
  /** Handles a wrong value or key. */
  onFault: (fault: ParquetryError) => void = (fault) => {
    throw fault;
  };
  /** Options that only `--help-all` lists. */
  private readonly hidden = new Set<Option>();

  override createCommand(name?: string): SettingsCommand {
    return new SettingsCommand(name);
  }

  /** Adds settings as options. */
  settings(
    names: readonly string[],
    { required = [], docs = {}, defaults = {}, all = false }: SettingsUse = {},
  ): this {
    for (const name of names) {
      const entry = setting(name);
      const option = new Option(flags(entry), docs[name] ?? entry.doc).helpGroup(
        heading(entry, names.length),
      );
      if (entry.parse !== undefined) option.argParser(entry.parse);
      const standard = name in defaults ? defaults[name] : entry.default;
      if (standard !== undefined) option.default(defaultOf(entry, standard), String(standard));
      this.addOption(option.makeOptionMandatory(required.includes(name)));
      if (!all && isHidden(entry, names.length)) this.hidden.add(option);
      // The command line can turn off a switch that the file turns on.
      if (entry.value === undefined) this.addOption(new Option(`--no-${name}`).hideHelp());
      for (const given of [name, `no-${name}`])
        this.on(`option:${given}`, (text: string | null) =>
          this.origins.set(option.attributeName(), {
            where: `--${given}`,
            text: text ?? String(given === name),
          }),
        );
    }
    if (this.hidden.size > 0) this.addHelpAll();
    return this;
  }

  /** Adds an example to the end of the help. */
  example(line: string): this {
    return this.addHelpText('after', `\nExample:\n  $ ${line}`);
  }

  override createHelp(): Help {
    return Object.assign(new GroupedHelp(this.hidden), this.configureHelp());
  }

  private addHelpAll(): void {
    const option = new Option(HELP_ALL, 'show all options, including rarely used ones');
    this.addOption(option.helpGroup('Output:')).on(`option:${option.name()}`, () => {
      this.hidden.clear();
      this.help();
    });
  }

  /**
   * Declares that the command writes and has no dry run: it fails if a dry run is requested by option, environment or
   * file. `when` names the switch that makes it write, if it does not always write.
   */
  writes(when?: string): this {
    this.addOption(new Option('--dry-run').hideHelp()).addOption(new Option('--no-dry-run').hideHelp());
    return this.hook('preAction', () => {
      if (this.pick('dryRun') !== true || (when !== undefined && this.pick(when) !== true)) return;
      const given = when?.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      const name = `parquetry ${this.path()}${given === undefined ? '' : ` --${given}`}`;
      const by = DRY_RUN_BY[this.getOptionValueSource('dryRun') ?? ''] ?? '--dry-run';
      throw new ParquetryError('USAGE', `\`${name}\` writes and has no dry run, but ${by} requests one.`, {
        hint: 'Nothing was written. Add --no-dry-run to run it. `parquetry plan` shows what a backfill would do.',
      });
    });
  }

  /** Its full name with its groups: `schedule create`. */
  private path(): string {
    const group = this.parent?.parent ? `${this.parent.name()} ` : '';
    return `${group}${this.name()}`;
  }

  override parseOptions(args: string[]): ReturnType<Command['parseOptions']> {
    const parsed = super.parseOptions(args);
    if (!args.includes('--help') && !args.includes('-h')) this.fillIn();
    return parsed;
  }

  private fillIn(): void {
    if (this.options.length === 0) return;
    const own = this.options.filter(
      (option) =>
        tableEntry(option) === undefined &&
        !option.negate &&
        !['--config', '--json', HELP_ALL].includes(option.long ?? ''),
    );
    const file = this.pick('config') ?? fromEnvironment('PARQUETRY_CONFIG');
    const hasConfig = this.options.some((option) => option.attributeName() === 'config');
    const config =
      typeof file === 'string' && hasConfig
        ? readConfig(
            file,
            own.map((option) => option.name()),
          )
        : undefined;
    this.notes = config?.notes ?? [];
    config?.faults.forEach(this.onFault);
    for (const option of this.options) if (!this.given(option)) this.take(option, config);
    const profile = PROFILES[String(this.pick('profile'))] ?? {};
    for (const option of this.options)
      if (option.name() in profile && ['default', undefined].includes(this.source(option)))
        this.setOptionValueWithSource(option.attributeName(), profile[option.name()], 'profile');
  }

  private take(option: Option, config: Config | undefined): void {
    try {
      const found = environmentValue(option) ?? configValue(option, config);
      if (found === undefined) return;
      this.setOptionValueWithSource(option.attributeName(), found.value, found.source);
      this.origins.set(option.attributeName(), found);
    } catch (error) {
      if (!isParquetryError(error)) throw error;
      this.onFault(error);
    }
  }

  private pick(attribute: string): unknown {
    return this.getOptionValue(attribute);
  }

  private source(option: Option): string | undefined {
    return this.getOptionValueSource(option.attributeName());
  }

  private given(option: Option): boolean {
    return this.source(option) === 'cli';
  }
}

const HELP_ALL = '--help-all';

/** Names the origin of a dry-run setting, by commander's name for it. */
const DRY_RUN_BY: Readonly<Record<string, string>> = {
  env: environmentName('dry-run'),
  config: 'dry_run in the configuration',
};

/** Where a value comes from, and its text as it was written. */
export interface Origin {
  /** `--layout`, `PARQUETRY_LAYOUT` or `parquetry.yaml:3`. */
  readonly where: string;
  readonly text: string;
}

interface Found extends Origin {
  readonly value: unknown;
  readonly source: 'env' | 'config';
}

function flags({ name, value }: Setting): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}

/** The setting of an option; undefined for an option of the same name with another meaning. */
function tableEntry(option: Option): Setting | undefined {
  return SETTINGS.find((entry) => flags(entry) === option.flags);
}

function environmentValue(option: Option): Found | undefined {
  const entry = tableEntry(option);
  if (entry === undefined) return undefined;
  const name = environmentName(entry.name);
  const text = fromEnvironment(name);
  if (text === undefined) return undefined;
  return { value: parseText(option, text, name), source: 'env', where: name, text };
}

/** Reads a variable; an empty one counts as unset. */
function fromEnvironment(name: string): string | undefined {
  const text = process.env[name];
  return text === '' ? undefined : text;
}

function configValue(option: Option, config: Config | undefined): Found | undefined {
  // A key of the file is one setting: `from` of a tail is not `--from` of `schema promote`.
  if (SETTINGS.some(({ name }) => name === option.name()) && tableEntry(option) === undefined)
    return undefined;
  const found = config?.values.get(option.name());
  if (config === undefined || found === undefined || option.negate) return undefined;
  const { at } = found;
  const name = `${placeText(at)}: ${found.key}`;
  const parts: readonly unknown[] = Array.isArray(found.value) ? found.value : [found.value];
  if (option.isBoolean() && typeof found.value !== 'boolean')
    throw invalid(name, 'expected true or false.', at);
  const texts = parts.map((part) => {
    if (!option.isBoolean() && !['string', 'number', 'bigint'].includes(typeof part))
      throw invalid(name, 'expected text or a number.', at);
    return String(part);
  });
  const text = texts.join(',');
  return { value: parseText(option, text, name, at), source: 'config', where: placeText(at), text };
}

function parseText(option: Option, text: string, where: string, at?: Place): unknown {
  if (option.isBoolean()) {
    if (['true', '1', 'yes', 'on'].includes(text.toLowerCase())) return true;
    if (['false', '0', 'no', 'off'].includes(text.toLowerCase())) return false;
    throw invalid(where, `expected true or false, not ${JSON.stringify(masked(text))}.`, at);
  }
  try {
    return option.parseArg === undefined ? text : option.parseArg(text, undefined);
  } catch (error) {
    throw invalid(
      where,
      `${JSON.stringify(masked(text))} is not valid. ${masked((error as Error).message)}`,
      at,
    );
  }
}

function invalid(where: string, why: string, at?: Place): ParquetryError {
  return new ParquetryError('CONFIG_INVALID', `${where}: ${why}`, {
    details: { ...at },
    hint: 'docs/configuration.md lists the values of all settings.',
  });
}

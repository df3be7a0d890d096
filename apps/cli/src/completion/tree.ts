import type { Argument, Option } from 'commander';
import type { SettingsCommand } from '../command';
import { SETTINGS } from '../settings';
import { wordsOf } from '../setting';
import { TOPIC_NAMES } from '../topicnames';

/** What may follow an option, or be an argument. */
export interface Values {
  /** Words to choose from. */
  readonly words: readonly string[];
  readonly files: boolean;
}

/** An option of a command. */
interface CompletedOption {
  /** `--layout` */
  readonly flag: string;
  readonly doc: string;
  /** Undefined for a switch. */
  readonly values: Values | undefined;
}

/** A command that does something, with its full name. */
export interface CompletedCommand {
  /** `schedule create` */
  readonly path: string;
  readonly doc: string;
  readonly options: readonly CompletedOption[];
  readonly argument: Values;
}

/** The commands of a program for its completions. */
export interface CompletionTree {
  /** Names of commands and groups with their summaries, for the first word. */
  readonly top: readonly { readonly name: string; readonly doc: string }[];
  /** Groups with their subcommands, for the second word. */
  readonly groups: readonly {
    readonly name: string;
    readonly commands: readonly { readonly name: string; readonly doc: string }[];
  }[];
  readonly commands: readonly CompletedCommand[];
}

/** Names of values that are paths. */
const PATHS = /<(file|folder|root|uri)s?>|^files?$/;

/** Reads the definitions of the commands. */
export function completionTree(program: SettingsCommand): CompletionTree {
  const all = program.commands as SettingsCommand[];
  const groups = all.filter(({ commands }) => commands.length > 0);
  const named = (command: SettingsCommand): { name: string; doc: string } => ({
    name: command.name(),
    doc: command.description(),
  });
  return {
    top: all.map(named),
    groups: groups.map((group) => ({
      name: group.name(),
      commands: (group.commands as SettingsCommand[]).map(named),
    })),
    commands: all.flatMap((command) =>
      command.commands.length === 0
        ? [completed(command, command.name(), all)]
        : (command.commands as SettingsCommand[]).map((sub) =>
            completed(sub, `${command.name()} ${sub.name()}`, all),
          ),
    ),
  };
}

function completed(
  command: SettingsCommand,
  path: string,
  all: readonly SettingsCommand[],
): CompletedCommand {
  const options = command.options.filter(({ hidden, long }) => !hidden && long !== undefined);
  const own = argumentValues(command.registeredArguments);
  return {
    path,
    doc: command.description(),
    options: [
      ...options.map((option) => ({
        flag: option.long ?? '',
        doc: option.description,
        values: option.isBoolean() ? undefined : optionValues(option),
      })),
      { flag: '--help', doc: 'show this help', values: undefined },
    ],
    argument: path === 'help' ? { ...own, words: [...TOPIC_NAMES, ...all.map((one) => one.name())] } : own,
  };
}

function optionValues(option: Option): Values {
  const setting = SETTINGS.find(({ name, value }) => option.flags === `--${name} ${value}`);
  return {
    words: option.argChoices ?? (setting === undefined ? [] : wordsOf(setting)),
    files: PATHS.test(option.flags),
  };
}

function argumentValues(given: readonly Argument[]): Values {
  return {
    words: given.flatMap(({ argChoices = [] }) => argChoices),
    files: given.some((argument) => PATHS.test(argument.name())),
  };
}

import { ParquetryError, masked } from '@parquetry/core';
import { type CommanderError, Option } from 'commander';
import type { Cli, Define } from './cli';
import { SettingsCommand } from './command';
import type { CommandGroup } from './help';
import type { Output } from './output';
import { ownPackage } from './ownpackage';
import { TOPIC_NAMES } from './topicnames';

/** The module of a command. */
interface Module {
  readonly define: Define;
}

/** The commands and their modules, in the order of the help. */
const COMMANDS: Readonly<Record<string, () => Module>> = {
  init: () => require('./commands/init') as Module,
  config: () => require('./commands/config') as Module,
  doctor: () => require('./commands/doctor') as Module,
  completion: () => require('./commands/completion') as Module,
  backfill: () => require('./commands/backfill') as Module,
  tail: () => require('./commands/tail') as Module,
  schedule: () => require('./commands/schedule') as Module,
  worker: () => require('./commands/worker') as Module,
  deployment: () => require('./commands/deployment') as Module,
  dev: () => require('./commands/dev') as Module,
  'codec-server': () => require('./commands/codecserver') as Module,
  demo: () => require('./commands/demo') as Module,
  sample: () => require('./commands/sample') as Module,
  runs: () => require('./commands/runs') as Module,
  status: () => require('./commands/status') as Module,
  attach: () => require('./commands/attach') as Module,
  pause: () => require('./commands/pause') as Module,
  resume: () => require('./commands/resume') as Module,
  retry: () => require('./commands/retry') as Module,
  stop: () => require('./commands/stop') as Module,
  cancel: () => require('./commands/cancel') as Module,
  plan: () => require('./commands/plan') as Module,
  inspect: () => require('./commands/inspect') as Module,
  verify: () => require('./commands/verify') as Module,
  audit: () => require('./commands/audit') as Module,
  compare: () => require('./commands/compare') as Module,
  attest: () => require('./commands/attest') as Module,
  coverage: () => require('./commands/coverage') as Module,
  report: () => require('./commands/report') as Module,
  query: () => require('./commands/query') as Module,
  files: () => require('./commands/files') as Module,
  export: () => require('./commands/export') as Module,
  views: () => require('./commands/views') as Module,
  schema: () => require('./commands/schema') as Module,
  types: () => require('./commands/types') as Module,
  version: () => require('./commands/version') as Module,
  help: () => require('./commands/help') as Module,
  compact: () => require('./commands/compact') as Module,
  clone: () => require('./commands/clone') as Module,
  iceberg: () => require('./commands/iceberg') as Module,
  restore: () => require('./commands/restore') as Module,
  maintain: () => require('./commands/maintain') as Module,
  gc: () => require('./commands/gc') as Module,
};

/**
 * The command line. Loads only the module of the command in `argv`; without a command all modules, for the
 * help and for suggestions. Calls `done` with the exit code of the command.
 */
export function createProgram(
  output: Output,
  done: (code: number) => void,
  argv: readonly string[] = [],
): SettingsCommand {
  const program = quiet(new SettingsCommand('parquetry'))
    .description('Stellar ledger ranges in, a verified Parquet archive out.')
    .version(ownPackage.version, '-V, --version', 'show the version')
    .addHelpOption(new Option('-h, --help', 'show this help'))
    .helpCommand(false)
    .addHelpText(
      'after',
      `\n\`parquetry COMMAND --help\` explains a command and shows an example.\nTopics of \`parquetry help\`: ${TOPIC_NAMES.join(', ')}.`,
    );
  const cli = createCli(output, done);
  for (const load of wanted(argv)) program.addCommand(load().define(cli));
  return program;
}

function wanted(argv: readonly string[]): (() => Module)[] {
  if (['-V', '--version'].includes(argv[0] ?? '')) return [];
  const [name = ''] = argv.filter((text) => !text.startsWith('-'));
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  return load === undefined ? Object.values(COMMANDS) : [load];
}

function createCli(output: Output, done: (code: number) => void): Cli {
  const made = (name: string, summary: string, group?: CommandGroup): SettingsCommand => {
    const command = quiet(new SettingsCommand(name)).description(summary);
    return group === undefined ? command : command.helpGroup(`${group}:`);
  };
  const cli: Cli = {
    output,
    command: (name, summary, group) => {
      const command = made(name, summary, group);
      return command
        .addOption(shared('--json', 'print one JSON document on stdout, everything else on stderr'))
        .addOption(shared('--config <file>', 'YAML file with settings by name (docs/configuration.md)'))
        .hook('preAction', () => prepare(command, output));
    },
    group: (name, summary, group, commands) => {
      const parent = made(name, summary, group);
      for (const define of commands) parent.addCommand(define(cli));
      return parent;
    },
    program: (argv) => createProgram(output, () => undefined, argv),
    run: (action) => action().then(done),
  };
  return cli;
}

/** Leaves printing of errors to `Output`, and lists `--help` under the heading of output options. */
function quiet(command: SettingsCommand): SettingsCommand {
  return command
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .showSuggestionAfterError()
    .addHelpOption(shared('-h, --help', 'show this help'));
}

function shared(flags: string, doc: string): Option {
  return new Option(flags, doc).helpGroup('Output:');
}

/** Variables of libraries, which a setting of ours sets for this process. */
const VARIABLES: Readonly<Record<string, string>> = {
  region: 'AWS_REGION',
  temporalAddress: 'TEMPORAL_ADDRESS',
  temporalNamespace: 'TEMPORAL_NAMESPACE',
};

function prepare(command: SettingsCommand, output: Output): void {
  for (const note of command.notes) output.note(note);
  for (const [attribute, variable] of Object.entries(VARIABLES)) {
    const value = command.getOptionValue(attribute) as string | undefined;
    if (value !== undefined) process.env[variable] = value;
  }
}

/** Converts commander's error to a ParquetryError; undefined if help or the version was printed. */
export function usageError(error: CommanderError): ParquetryError | undefined {
  if (error.exitCode === 0) return undefined;
  // It quotes words of the command line, which may be addresses with a password in the wrong place.
  const message = masked(error.message.replace(/^error: /, '').replaceAll('\n', ' '));
  const help = error.code === 'commander.help';
  return new ParquetryError(
    'USAGE',
    help ? 'A command is needed.' : `${message}${/[.)?]$/.test(message) ? '' : '.'}`,
    {
      hint: 'See `parquetry --help` or `parquetry COMMAND --help`.',
    },
  );
}

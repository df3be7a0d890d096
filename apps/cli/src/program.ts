import { ParquetryError } from '@parquetry/core';
import type { CommanderError } from 'commander';
import { SettingsCommand } from './command';
import { schemaCommand } from './commands/schemacommand';
import { backfillCommands } from './groups/backfill';
import type { Commands } from './groups/commands';
import { tailCommands } from './groups/continuous';
import { readingCommands } from './groups/reading';
import { runCommands } from './groups/runs';
import { sampleCommands } from './groups/samples';
import { upkeepCommands } from './groups/upkeep';
import { compactCommand, scheduleCommands } from './groups/upkeepruns';
import type { Output } from './output';

/** Commands of the brief that this version does not have: they say so and exit 2. */
const LATER = ['report', 'doctor'];

/** The command line. `done` gets the exit code of the command that ran. */
export function createProgram(output: Output, done: (code: number) => void): SettingsCommand {
  const program = new SettingsCommand('parquetry')
    .description('Stellar ledger ranges in, a verified Parquet archive out.')
    .version('0.1.0')
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .showSuggestionAfterError();

  const command = (name: string, description: string): SettingsCommand => {
    const made = program.createCommand(name);
    program.addCommand(made);
    return made
      .description(description)
      .exitOverride()
      .configureOutput({ writeErr: () => undefined })
      .showSuggestionAfterError()
      .option('--json', 'print one JSON document on stdout, everything else on stderr')
      .option('--config <file>', 'YAML file with settings by name (docs/configuration.md)')
      .hook('preAction', () => prepare(made, output));
  };
  const run = (action: () => Promise<number>): Promise<void> => action().then(done);
  const commands: Commands = { output, command, run };

  backfillCommands(commands);
  tailCommands(commands);
  readingCommands(commands);
  schemaCommand(program, command, run, output);
  upkeepCommands(commands);
  compactCommand(commands);
  scheduleCommands(program, commands);
  runCommands(commands);
  sampleCommands(commands);

  for (const name of LATER)
    command(name, '(not available in this version)')
      .allowUnknownOption()
      .allowExcessArguments()
      .action(() => {
        throw new ParquetryError('NOT_AVAILABLE', `\`parquetry ${name}\` is not available in this version.`);
      });
  return program;
}

function prepare(command: SettingsCommand, output: Output): void {
  for (const note of command.notes) output.note(note);
  const region = command.getOptionValue('region') as string | undefined;
  if (region !== undefined) process.env['AWS_REGION'] = region;
}

/** A mistake in the command line as one of our errors; undefined when help or the version was printed. */
export function usageError(error: CommanderError): ParquetryError | undefined {
  if (error.exitCode === 0) return undefined;
  const message = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  const help = error.code === 'commander.help';
  return new ParquetryError(
    'USAGE',
    help ? 'A command is needed.' : `${message}${/[.)?]$/.test(message) ? '' : '.'}`,
    {
      hint: 'See `parquetry --help` or `parquetry COMMAND --help`.',
    },
  );
}

import type { SettingsCommand } from './command';
import type { CommandGroup } from './help';
import type { Output } from './output';

/** The dependencies of a command definition. */
export interface Cli {
  readonly output: Output;
  /** A new command with the options that all commands have; `group` is its heading in the list of commands. */
  command(name: string, summary: string, group?: CommandGroup): SettingsCommand;
  /** A command that only groups subcommands. */
  group(name: string, summary: string, group: CommandGroup, commands: readonly Define[]): SettingsCommand;
  /** The whole command line, or with only the command in `argv`; its commands do nothing. */
  program(argv?: readonly string[]): SettingsCommand;
  /** Runs a command's action and sets its exit code. */
  run(action: () => Promise<number>): Promise<void>;
}

/**
 * Defines one command: its options, its help and its action. A module with a definition does not import heavy libraries
 * at its top: the action loads them, so that help and usage errors appear at once.
 */
export type Define = (cli: Cli) => SettingsCommand;

import type { SettingsCommand } from './command';
import type { CommandGroup } from './help';
import type { Output } from './output';

/** What a command is defined with. */
export interface Cli {
  readonly output: Output;
  /** A new command with the options that all commands have; `group` is its heading in the list of commands. */
  command(name: string, summary: string, group?: CommandGroup): SettingsCommand;
  /** A command that only holds others. */
  group(name: string, summary: string, group: CommandGroup, commands: readonly Define[]): SettingsCommand;
  /** Runs a command's action and takes its exit code. */
  run(action: () => Promise<number>): Promise<void>;
}

/**
 * Defines one command: its options, its help and its action. A module with a definition loads no heavy library at its
 * top: the action imports what it needs, so that help and usage errors come at once.
 */
export type Define = (cli: Cli) => SettingsCommand;

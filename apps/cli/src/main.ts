import { CommanderError } from 'commander';
import { Output } from './output';
import { createProgram, usageError } from './program';

const LINGER_MS = 2_000;

/** Runs a command line and sets the process's exit code: 0 done, 1 failed, 2 usage, 3 a service is out of reach. */
export async function main(argv: readonly string[]): Promise<void> {
  const output = new Output(argv.includes('--json'));
  try {
    const program = createProgram(output, (code) => (process.exitCode = code), argv);
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    const failure = error instanceof CommanderError ? usageError(error) : error;
    if (failure !== undefined) process.exitCode = output.fail(failure);
  }
  // A connection that was never answered can hold a socket open; the work is done, so the process must end.
  setTimeout(() => process.exit(), LINGER_MS).unref();
}

import { CommanderError } from 'commander';
import { Output } from './output';
import { createProgram, usageError } from './program';

const LINGER_MS = 2_000;

/** Runs a command line and sets the exit code: 0 done, 1 failed, 2 wrong usage, 3 a service is unreachable. */
export async function main(argv: readonly string[]): Promise<void> {
  // In `parquetry … | head` the reader closes the pipe early: the command still completes.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  const output = new Output(argv.includes('--json'));
  try {
    const program = createProgram(output, (code) => (process.exitCode = code), argv);
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    const failure = error instanceof CommanderError ? usageError(error) : error;
    if (failure !== undefined) process.exitCode = output.fail(failure);
  }
  // A pending connection can keep a socket open. The work is done, so exit explicitly.
  setTimeout(() => process.exit(), LINGER_MS).unref();
}

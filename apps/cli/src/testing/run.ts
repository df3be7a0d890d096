import { Output } from '../output';
import { createProgram } from '../program';

/** What a command printed and its exit code. */
export interface Ran {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process. */
export async function runInProcess(...args: readonly string[]): Promise<Ran> {
  const printed = { stdout: '', stderr: '' };
  const catching = (stream: keyof typeof printed) => (text: unknown) => {
    printed[stream] += `${String(text)}\n`;
  };
  const spies = [
    jest.spyOn(console, 'log').mockImplementation(catching('stdout')),
    jest.spyOn(console, 'error').mockImplementation(catching('stderr')),
  ];
  const output = new Output(args.includes('--json'));
  let code: number | undefined;
  try {
    await createProgram(output, (exit) => (code = exit), args).parseAsync([...args], { from: 'user' });
  } catch (error) {
    code = output.fail(error);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return { code, ...printed };
}

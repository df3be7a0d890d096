import { ParquetryError } from '@parquetry/core';
import { formatCount, Output } from './output';

it.each([0, 7, 999, 1000, -1000, 12_345, 999_999, 1_234_567, 4_294_967_295, 2 ** 53 - 1, 1234.567])(
  'formatCount(%d) writes it as people do in English',
  (value) => expect(formatCount(value)).toBe(value.toLocaleString('en-US')),
);

it('names the cause when the system refuses memory or a thread', () => {
  const lines: unknown[] = [];
  const printed = jest.spyOn(console, 'error').mockImplementation((line) => void lines.push(line));
  expect(new Output(false).fail(new Error('EAGAIN'))).toBe(1);
  printed.mockRestore();
  expect(lines.join('\n')).toMatch(/^error OUT_OF_MEMORY: The system gives .* \(EAGAIN\)/);
});

it('prints one document: a failure after it is text on stderr, a second document is refused', () => {
  const printed = { log: [] as unknown[], error: [] as unknown[] };
  const spies = (['log', 'error'] as const).map((stream) =>
    jest
      .spyOn(console, stream)
      .mockImplementation((...args: unknown[]) => void printed[stream].push(args[0])),
  );
  try {
    const output = new Output(true);
    output.document({ workflowId: 'backfill-1' });
    for (const error of [new ParquetryError('USAGE', 'Too late.'), new Error('Too late.')])
      expect(output.fail(error)).toBe(error instanceof ParquetryError ? 2 : 1);
    expect(() => output.document({})).toThrow('one document');
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  expect(printed.log.map((text) => JSON.parse(String(text)) as unknown)).toEqual([
    { workflowId: 'backfill-1' },
  ]);
  expect(printed.error.join('\n')).toMatch(/error USAGE: Too late\.[^]*error INTERNAL: Too late\./);
});

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

import { PassThrough } from 'node:stream';
import { Terminal } from './ask';

function terminal(text: string): { terminal: Terminal; shown: () => string } {
  const [input, output] = [new PassThrough(), new PassThrough()];
  input.end(text);
  let shown = '';
  output.setEncoding('utf8').on('data', (part: string) => (shown += part));
  return { terminal: new Terminal(input, output), shown: () => shown };
}

const isNumber = (answer: string): void => {
  if (!/^\d+$/.test(answer)) throw new Error(`"${answer}" is not a number.`);
};

it('asks again until an answer is usable, takes defaults, and keeps lines that were typed ahead', async () => {
  const { terminal: asked, shown } = terminal('x\n 7 \n\nlast');
  expect(await asked.ask({ text: 'Number', check: isNumber })).toBe('7');
  expect(await asked.ask({ text: 'Layout', standard: 'hour' })).toBe('hour');
  expect(await asked.ask({ text: 'Name' })).toBe('last');
  expect(shown()).toMatch(/Number: .*"x" is not a number\.\n.*Number: .*Layout \[hour\]: /s);
  asked.close();
});

it('ends with CANCELLED when the input ends', async () => {
  const { terminal: asked } = terminal('one\n');
  expect(await asked.ask({ text: 'First' })).toBe('one');
  await expect(asked.ask({ text: 'Second' })).rejects.toMatchObject({ code: 'CANCELLED' });
});

import { inputFacts } from './facts';

it('names the work of a step', () => {
  const task = { range: { start: 1, end: 9 }, dataset: 'a' };
  expect(inputFacts({ spec: { archive: 's3://b', datasets: ['a', 'c'] }, task })).toEqual({
    archive: 's3://b',
    datasets: 'a, c',
    ledgers: '1-9',
    dataset: 'a',
  });
});

it.each<[unknown]>([
  [undefined],
  [null],
  ['text'],
  [{ datasets: 'trade' }],
  [{ datasets: { slice: 1 } }],
  [{ range: null }],
  [{ range: '1-2' }],
  [{ range: { start: null } }],
  [{ spec: null, task: 'x', group: [1] }],
  [{ archive: { a: 1 }, dataset: 5 }],
])('takes the malformed input %j', (input) => {
  expect(inputFacts(input)).toEqual({});
});

import { byteSlices, messageEstimator } from './estimate';
import type { SourceIndex } from './source';

const index = (data: unknown): SourceIndex => ({
  kind: 'ndjson',
  datasets: [
    { dataset: 'a', schema: {} as never, messages: 100 },
    { dataset: 'b', schema: {} as never, messages: 7 },
  ],
  unusable: 0,
  filtered: 0,
  bytesRead: 0,
  data,
});

it('distributes the counted messages over blocks by bytes and over ledgers evenly', () => {
  const estimate = messageEstimator(
    index({
      files: [],
      datasets: ['a', 'b'],
      blocks: [
        [0, 0, 300, 1, 10, 19, [0], ''],
        [0, 300, 100, 9, 20, 29, [0, 1], ''],
      ],
    }),
  );
  expect(estimate('a', { start: 1, end: 100 })).toBe(100);
  expect(estimate('a', { start: 10, end: 19 })).toBe(75);
  expect(estimate('a', { start: 15, end: 24 })).toBe(50);
  expect(estimate('b', { start: 1, end: 19 })).toBe(0);
  expect(estimate('b', { start: 20, end: 29 })).toBe(7);
  expect(estimate('c', { start: 1, end: 9 })).toBeUndefined();
});

it('has no estimate for a lake', () => {
  expect(messageEstimator({ ...index({}), kind: 'galexie' })('a', { start: 1, end: 2 })).toBeUndefined();
});

it('knows where the bytes of messages are, and nothing of the bytes of ledgers', () => {
  const slices = [
    { start: 10, end: 14 },
    { start: 15, end: 24 },
    { start: 30, end: 39 },
  ];
  const data = {
    files: [],
    datasets: ['a'],
    blocks: [
      [0, 0, 300, 1, 10, 19, [0], ''],
      [0, 300, 100, 9, 20, 29, [0], ''],
    ],
  };
  expect(byteSlices(index(data), slices)).toEqual([150, 200, 0]);
  expect(byteSlices({ ...index({}), kind: 'rpc' }, slices)).toBeUndefined();
});

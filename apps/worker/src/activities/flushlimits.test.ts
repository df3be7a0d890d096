import { bytesOf, flushLimits } from './flushlimits';

describe('the limits of a flush', () => {
  it.each([
    ['rows alone', { maxRows: 7 }, undefined, { maxRows: 7, maxBytes: Infinity }],
    ['bytes of the source', { maxBytes: 500 }, 0.1, { maxRows: Infinity, maxBytes: 500 }],
    ['files before the first flush', { maxFileBytes: 500 }, undefined, { maxRows: Infinity, maxBytes: 500 }],
    ['files of a tenth of their source', { maxFileBytes: 500 }, 0.1, { maxRows: Infinity, maxBytes: 5000 }],
    [
      'files that are larger than their source',
      { maxFileBytes: 500 },
      2,
      { maxRows: Infinity, maxBytes: 250 },
    ],
    ['both, the lower one', { maxFileBytes: 500, maxBytes: 900 }, 0.1, { maxRows: Infinity, maxBytes: 900 }],
  ])('%s', (_name, policy, ratio, limits) => {
    expect(flushLimits({ maxAgeSeconds: 1, ...policy }, ratio)).toEqual(limits);
  });

  it('counts only the bytes of the ledgers of a flush', () => {
    const facts = [9, 10, 12, 13].map((ledger) => ({ ledger, bytes: ledger, rows: new Map() }));
    expect(bytesOf(facts, { start: 10, end: 12 })).toBe(22);
  });
});

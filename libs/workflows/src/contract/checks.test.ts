import { isReport, missedFault, retryFault } from './checks';
import type { RetryRequest } from './messages';
import type { PartitionReport } from './types';

describe('manual requests', () => {
  it.each([
    [{ all: true }],
    [{ starts: [420_000] }],
    [{ all: false, starts: [1, 4_294_967_295] }],
    [{ ranges: [{ start: 1, end: 9 }] }],
  ])('%j is a request to retry', (request) => {
    expect(retryFault(request)).toBeUndefined();
  });

  it.each([
    [undefined, 'not nothing'],
    [null, 'not null'],
    ['all', 'not "all"'],
    [[420_000], 'not [420000]'],
    [{}, 'selects no partition'],
    [{ all: false }, 'selects no partition'],
    [{ starts: [] }, 'selects no partition'],
    [{ all: 'yes' }, '"all" is true or false'],
    [{ starts: ['420000'] }, '"starts" is a list of ledgers'],
    [{ starts: [0] }, '"starts" is a list of ledgers'],
    [{ ledgers: [420_000] }, '"ledgers" is none of them'],
    [{ ranges: [{ start: 2, end: 1 }] }, '"ranges" is a list of ranges'],
    [{ ranges: [5] }, '"ranges" is a list of ranges'],
    [{ ranges: [] }, 'selects no partition'],
  ])('%j is invalid, and the message says why', (request, why) => {
    expect(retryFault(request as RetryRequest)).toContain(why);
  });

  it('lists ledgers outside parked partitions, and the parked ones', () => {
    const parked = [
      { start: 13, end: 19 },
      { start: 20, end: 29 },
    ];
    for (const starts of [[13], [19, 25]]) expect(missedFault({ starts }, parked)).toBeUndefined();
    expect(missedFault({ all: true, starts: [1] }, parked)).toBeUndefined();
    expect(missedFault({ starts: [12, 20, 30] }, parked)).toBe(
      'no parked partition contains ledger 12, 30; parked are 13-19, 20-29',
    );
    expect(missedFault({ ranges: [{ start: 1, end: 13 }] }, parked)).toBeUndefined();
    expect(missedFault({ ranges: [{ start: 1, end: 12 }] }, parked)).toContain('contains ledger 1-12;');
    expect(missedFault({ starts: [12] }, [])).toContain('no partition is parked');
    const many = Array.from({ length: 12 }, (_, index) => ({ start: index, end: index }));
    expect(missedFault({ starts: [99] }, many)).toMatch(/parked are 0, 1, .*9 and 2 more$/);
  });

  it('distinguishes reports from other payloads', () => {
    const good: PartitionReport = { key: '0000420000', outcome: 'parked', reason: 'x' };
    expect(isReport(good)).toBe(true);
    for (const bad of [
      undefined,
      null,
      'done',
      {},
      { key: 1, outcome: 'done' },
      { ...good, outcome: 'over' },
      { ...good, tally: 3 },
    ])
      expect(isReport(bad as PartitionReport)).toBe(false);
  });
});

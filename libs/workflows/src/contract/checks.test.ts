import { concurrencyFault, isLeaseRequest, missedFault, readReport, retryFault } from './checks';
import type { RetryRequest } from './messages';
import { type FlushPolicy, policyFault } from './tail';
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

  it('a refusal does not repeat a long value', () => {
    const long = 'x'.repeat(1e6);
    for (const fault of [
      concurrencyFault(long),
      retryFault(long as RetryRequest),
      retryFault({ [long]: 1 } as RetryRequest),
      policyFault({ maxRows: long } as unknown as FlushPolicy),
    ])
      expect(fault?.length).toBeLessThan(500);
  });

  it.each([
    [1, undefined],
    [500, undefined],
    [0, 'Concurrency is a whole number from 1 to 500, not 0'],
    [501, 'Concurrency is a whole number from 1 to 500, not 501'],
    ['4', 'Concurrency is a whole number from 1 to 500, not "4"'],
    [undefined, 'Concurrency is a whole number from 1 to 500, not nothing'],
  ])('%j as a concurrency: %s', (value, fault) => {
    expect(concurrencyFault(value)).toBe(fault);
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

  it('ignores signals that are not reports', () => {
    const good: PartitionReport = { key: '0000420000', outcome: 'parked', reason: 'x' };
    expect(readReport(good)).toEqual(good);
    for (const bad of [
      undefined,
      null,
      'done',
      {},
      { key: 1, outcome: 'done' },
      { ...good, outcome: 'over' },
      { ...good, tally: 3 },
    ])
      expect(readReport(bad)).toBeUndefined();
  });

  it('keeps only the parts of a report that a run can count and show', () => {
    const counts = { rows: 1, files: 1, bytes: 1, rejected: 0 };
    const tally = { ...counts, ledgers: 1, bytesRead: 1, datasets: { a: counts } };
    const report = { key: '0000420000', outcome: 'done' } as const;
    expect(readReport({ ...report, tally, notes: ['n'] })).toEqual({ ...report, tally, notes: ['n'] });
    for (const bad of [
      { ...tally, rows: '1' },
      { ...tally, rows: -1 },
      { ...tally, bytesRead: 1e300 },
      { ...tally, datasets: { a: null } },
      { ...tally, datasets: [counts] },
      { ...tally, datasets: { a: { ...counts, files: 'x' } } },
      { ...tally, datasets: { ['a'.repeat(2000)]: counts } },
      [],
    ])
      expect(readReport({ ...report, tally: bad })).toEqual(report);
    const more = { ...tally, x: 'y', datasets: { a: { ...counts, x: 'y' } } };
    expect(readReport({ ...report, tally: more })?.tally).toEqual(tally);
    expect(readReport({ ...report, reason: { a: 1 }, notes: ['n', 7, null] })).toEqual({
      ...report,
      notes: ['n'],
    });
    expect(readReport({ ...report, reason: 'x'.repeat(3_000_000) })?.reason).toHaveLength(1000);
  });

  it('refuses a lease for an id that no signal can be sent to', () => {
    const request = { holder: 'backfill-1/p/0000420000', token: 't', limit: 2 };
    expect(isLeaseRequest(request)).toBe(true);
    for (const holder of ['', 'x'.repeat(1001), 'é'.repeat(501), 7, null])
      expect(isLeaseRequest({ ...request, holder })).toBe(false);
    for (const limit of [0, 1.5, 1e300, '2']) expect(isLeaseRequest({ ...request, limit })).toBe(false);
  });

  it.each([[null], [undefined], [5], ['maxRows'], [[]]])('%j is not a flush policy', (policy) => {
    expect(policyFault(policy as Partial<FlushPolicy>)).toContain('a flush policy is an object with maxRows');
  });
});

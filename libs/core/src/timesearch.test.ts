import { type LedgerRange, MAX_LEDGER } from './range';
import { type LedgerTimes, TimeSearch, ledgerBlock } from './timesearch';

/** Ledgers from `start` on with the given close times; `holes` are missing. Counts the reads. */
function made(
  start: number,
  closed: (index: number) => number,
  count: number,
  { width = 1, holes = [] as readonly LedgerRange[] } = {},
): LedgerTimes & { reads: number } {
  const end = start + count - 1;
  const missing = (ledger: number): boolean =>
    holes.some((hole) => hole.start <= ledger && ledger <= hole.end);
  const times = {
    name: 'the source',
    reads: 0,
    bounds: () => Promise.resolve({ start, end }),
    read: (range: LedgerRange) => {
      times.reads += 1;
      for (let from = Math.floor(range.start / width) * width; from <= range.end; from += width) {
        const hole = holes.find((each) => each.start <= from && from <= each.end);
        if (hole !== undefined) {
          from = hole.end + 1 - width;
          continue;
        }
        const first = Math.max(start, from);
        const last = Math.min(end, from + width - 1);
        if (last < range.start) continue;
        const closes = Array.from({ length: last - first + 1 }, (_, index): [number, number] => [
          first + index,
          closed(first + index - start),
        ]);
        return Promise.resolve(ledgerBlock({ start: first, end: last }, closes));
      }
      return Promise.resolve(undefined);
    },
  };
  expect(missing(start) || missing(end)).toBe(false);
  return times;
}

const open = async (times: LedgerTimes): Promise<TimeSearch> =>
  (await TimeSearch.open(times)) ?? Promise.reject(new Error('empty'));

/** Close times that never have the same distance. */
const uneven = (index: number): number => 1_000_000 + index * 5 + ((index * 7919) % 5) * 0.9;
/** Slow at first, and a stop of the network of two days. */
const jumpy = (index: number): number =>
  index * (index < 300_000 ? 1 : 7) + (index > 700_000 ? 172_800 : 0) + (index % 3) * 0.3;

describe('a search for a close time', () => {
  it.each([
    [1, 1],
    [10, 1],
    [64, 64],
    [1000, 8],
    [1001, 64],
  ])('finds every ledger of %d in blocks of %d', async (count, width) => {
    for (const start of [2, 1000]) {
      const search = await open(made(start, uneven, count, { width }));
      for (let index = 1; index < count; index++) {
        const place = { kind: 'at', ledger: start + index };
        expect(await search.find(uneven(index))).toEqual(place);
        expect(await search.find(uneven(index - 1) + 0.01)).toEqual(place);
      }
      expect(await search.find(uneven(0))).toMatchObject({ kind: 'before', ledger: start });
      expect(await search.find(uneven(count - 1) + 1)).toMatchObject({ kind: 'after' });
    }
  });

  it('takes few reads', async () => {
    const reads: Record<string, number> = {};
    for (const [name, closed] of Object.entries({ uneven, jumpy }))
      for (const width of [1, 8, 64]) {
        let most = 0;
        for (let index = 17; index < 1_000_000; index += 37_013) {
          const times = made(2, closed, 1_000_000, { width });
          const search = await open(times);
          expect(await search.find(closed(index))).toEqual({ kind: 'at', ledger: 2 + index });
          most = Math.max(most, times.reads);
        }
        reads[`${name}, ${width} a file`] = most;
      }
    console.info(`reads of a search among 1,000,000 ledgers, at most: ${JSON.stringify(reads)}`);
    for (const [name, most] of Object.entries(reads))
      expect(most).toBeLessThanOrEqual(name.startsWith('uneven') ? 8 : 30);
  });

  it('is bounded when times do not help at all', async () => {
    const times = made(1, (index) => 2 ** (index / 1000), 1_000_000);
    expect(await (await open(times)).find(2 ** 0.5)).toEqual({ kind: 'at', ledger: 501 });
    expect(times.reads).toBeLessThanOrEqual(64);
  });

  it('says in which gap a time falls, and passes gaps elsewhere', async () => {
    const holes = [
      { start: 64, end: 127 },
      { start: 512, end: 799 },
    ];
    for (const width of [1, 8]) {
      const search = await open(made(2, uneven, 1000, { width, holes }));
      for (const gap of holes) {
        const expected = { kind: 'gap', ledger: gap.end + 1, missing: gap };
        for (const ledger of [gap.start, gap.start + 20, gap.end])
          expect(await search.find(uneven(ledger - 2))).toEqual(expected);
        expect(await search.find(uneven(gap.end - 1))).toEqual({ kind: 'at', ledger: gap.end + 1 });
      }
      for (const ledger of [10, 63, 129, 500, 511, 801, 1000])
        expect(await search.find(uneven(ledger - 2))).toEqual({ kind: 'at', ledger });
    }
  });

  it('keeps what it read', async () => {
    const times = made(1, uneven, 100_000);
    const search = await open(times);
    await search.find(uneven(5000));
    const { reads } = times;
    expect(await search.find(uneven(5000))).toEqual({ kind: 'at', ledger: 5001 });
    expect(await search.timeOf(5001)).toBe(uneven(5000));
    expect(times.reads - reads).toBeLessThanOrEqual(1);
    expect(await search.timeOf(MAX_LEDGER)).toBeUndefined();
  });
});

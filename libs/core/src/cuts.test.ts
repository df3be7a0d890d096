import fc from 'fast-check';
import { type LedgerTally, planCuts } from './cuts';
import type { Layout } from './layout';

const DAY = 86_400_000_000;
const MIDNIGHT = Date.parse('2025-07-14T00:00:00Z') * 1000;
const tally = (ledger: number, rows: number, at = MIDNIGHT + ledger * 5_000_000): LedgerTally => ({
  ledger,
  rows,
  closeTimeMicros: at,
  lastCloseTimeMicros: at,
});
const day: Layout = { kind: 'ledger_day' };

it('closes at the first ledger boundary at or after the row limit', () => {
  const cuts = planCuts({ start: 1, end: 9 }, [tally(2, 3), tally(4, 3), tally(6, 1)], day, { maxRows: 4 });
  expect(cuts.map(({ range, rows, firstRow, reason }) => ({ range, rows, firstRow, reason }))).toEqual([
    { range: { start: 1, end: 4 }, rows: 6, firstRow: 0, reason: 'rows' },
    { range: { start: 5, end: 9 }, rows: 1, firstRow: 6, reason: 'range_end' },
  ]);
});

it('gives one file a ledger with a buffer of one row', () => {
  const cuts = planCuts({ start: 1, end: 3 }, [tally(1, 5), tally(2, 1), tally(3, 9)], day, { maxRows: 1 });
  expect(cuts.map((cut) => cut.range)).toEqual([1, 2, 3].map((ledger) => ({ start: ledger, end: ledger })));
});

it('closes by estimated bytes', () => {
  const cuts = planCuts({ start: 1, end: 3 }, [tally(1, 5), tally(2, 5), tally(3, 5)], day, {
    maxBytes: 100,
    bytesPerRow: 10,
  });
  expect(cuts.map((cut) => [cut.rows, cut.reason])).toEqual([
    [10, 'bytes'],
    [5, 'range_end'],
  ]);
});

it('splits at midnight UTC', () => {
  const cuts = planCuts({ start: 1, end: 2 }, [tally(1, 1, MIDNIGHT - 1), tally(2, 1, MIDNIGHT)], day, {});
  expect(cuts.map((cut) => [cut.folder.path, cut.reason])).toEqual([
    ['year=2025/month=07/day=13', 'layout_edge'],
    ['year=2025/month=07/day=14', 'range_end'],
  ]);
});

it('keeps a file within its ledger range folder', () => {
  const cuts = planCuts(
    { start: 8, end: 31 },
    [tally(9, 1), tally(12, 1), tally(15, 1)],
    { kind: 'ledger_range', width: 10 },
    {},
  );
  expect(cuts.map((cut) => [cut.folder.path, cut.range.start, cut.range.end])).toEqual([
    ['ledgers/0-10', 8, 9],
    ['ledgers/10-20', 10, 19],
  ]);
});

it('has no file for no rows', () => {
  expect(planCuts({ start: 1, end: 9 }, [], day, {})).toEqual([]);
});

it('never splits a ledger, loses a row, crosses an edge or overlaps, whatever the triggers', () => {
  const ledgers = fc
    .uniqueArray(fc.integer({ min: 1, max: 200 }), { maxLength: 40 })
    .chain((ids) =>
      fc.tuple(
        ...ids
          .sort((a, b) => a - b)
          .map((id) =>
            fc.integer({ min: 1, max: 50 }).map((rows) => tally(id, rows, MIDNIGHT + id * (DAY / 50))),
          ),
      ),
    );
  const layouts = fc.constantFrom<Layout>(day, { kind: 'hour' }, { kind: 'ledger_range', width: 7 });
  fc.assert(
    fc.property(ledgers, layouts, fc.integer({ min: 1, max: 120 }), (tallies, layout, maxRows) => {
      const cuts = planCuts({ start: 1, end: 200 }, tallies, layout, { maxRows });
      expect(cuts.flatMap((cut) => cut.ledgers)).toEqual(tallies);
      let row = 0;
      let last = 0;
      for (const cut of cuts) {
        expect(cut.firstRow).toBe(row);
        expect(cut.rows).toBe(cut.ledgers.reduce((sum, { rows }) => sum + rows, 0));
        row += cut.rows;
        expect(cut.range.start).toBeGreaterThan(last);
        last = cut.range.end;
        for (const { ledger } of cut.ledgers) {
          expect(ledger).toBeGreaterThanOrEqual(cut.range.start);
          expect(ledger).toBeLessThanOrEqual(cut.range.end);
        }
        const beforeLast = cut.rows - (cut.ledgers.at(-1)?.rows ?? 0);
        expect(beforeLast).toBeLessThan(maxRows);
      }
    }),
  );
});

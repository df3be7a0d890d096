import { type LedgerRange, countLedgers, mergeIntervals } from '@parquetry/core';
import type { PartitionTask, RunMode } from '@parquetry/workflows';
import fc from 'fast-check';
import { describePartitions } from './partitions';
import { type Coverage, findTasks, leftOut } from './tasks';

const range = (start: number, end: number): LedgerRange => ({ start, end });

/** All tasks of a run, page by page as the workflow requests them. */
function allTasks(
  spec: { readonly range: LedgerRange; readonly partitionSize: number },
  done: Coverage,
  limits: readonly number[],
): { readonly tasks: readonly PartitionTask[]; readonly skipped: number } {
  const tasks: PartitionTask[] = [];
  let skipped = 0;
  let cursor = spec.range.start;
  for (let page = 0; cursor <= spec.range.end; page += 1) {
    const next = findTasks(spec, cursor, limits[page % limits.length] ?? 1, done);
    expect(next.cursor).toBeGreaterThan(cursor);
    tasks.push(...next.tasks);
    skipped += next.skipped;
    cursor = next.cursor;
  }
  return { tasks, skipped };
}

describe('the tasks of a run', () => {
  const spec = { range: range(5, 34), partitionSize: 10 };

  it('are the partitions that some dataset lacks, with those datasets', () => {
    const done: Coverage = new Map([
      ['a', [range(5, 19)]],
      ['b', [range(10, 29)]],
    ]);
    expect(findTasks(spec, 5, 50, done)).toEqual({
      tasks: [
        { key: '0000000005', range: range(5, 9), datasets: ['b'] },
        { key: '0000000020', range: range(20, 29), datasets: ['a'] },
        { key: '0000000030', range: range(30, 34), datasets: ['a', 'b'] },
      ],
      cursor: 35,
      skipped: 1,
    });
  });

  it('are the missing parts of a partition that is committed in parts, each with a separate key', () => {
    const done: Coverage = new Map([
      ['a', [range(12, 13), range(16, 17)]],
      ['b', [range(12, 13)]],
    ]);
    const { tasks, split } = findTasks({ range: range(10, 19), partitionSize: 10 }, 10, 50, done);
    expect(split).toBe(3);
    expect(tasks).toEqual([
      { key: '0000000010-0000000011', range: range(10, 11), datasets: ['a', 'b'] },
      { key: '0000000014', range: range(14, 19), datasets: ['b'] },
      { key: '0000000014-0000000015', range: range(14, 15), datasets: ['a'] },
      { key: '0000000018', range: range(18, 19), datasets: ['a'] },
    ]);
  });

  it('come in pages of whole partitions, and end', () => {
    const done: Coverage = new Map([['a', []]]);
    const first = findTasks(spec, 5, 2, done);
    expect([first.tasks.map(({ key }) => key), first.cursor]).toEqual([['0000000005', '0000000010'], 20]);
    expect(findTasks(spec, 20, 50, done)).toMatchObject({ cursor: 35, tasks: { length: 2 } });
    expect(findTasks(spec, 35, 50, done)).toEqual({ tasks: [], cursor: 35, skipped: 0 });
  });

  it('check at most 100,000 partitions per call', () => {
    const long = { range: range(1, 1_000_000), partitionSize: 1 };
    const done: Coverage = new Map([['a', [range(1, 999_999)]]]);
    const { tasks, cursor, skipped } = findTasks(long, 1, 1, done);
    expect([tasks, cursor, skipped]).toEqual([[], 100_001, 100_000]);
  });

  it('are all ledgers when what is committed is replaced', () => {
    const committed: Coverage = new Map([['a', [range(1, 100)]]]);
    expect(allTasks(spec, leftOut({}, committed), [50])).toEqual({ tasks: [], skipped: 4 });
    expect(allTasks(spec, leftOut({ mode: 'replace' }, committed), [50])).toMatchObject({
      tasks: { length: 4 },
      skipped: 0,
    });
  });

  it('equal the plan, whatever is committed, in every mode and page size', () => {
    const some = fc
      .array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.nat(12)), { maxLength: 6 })
      .map((parts) => mergeIntervals(parts.map(([start, length]) => range(start, start + length))));
    fc.assert(
      fc.property(
        fc.record({
          start: fc.integer({ min: 1, max: 40 }),
          length: fc.nat(40),
          size: fc.integer({ min: 1, max: 15 }),
        }),
        fc.array(some, { minLength: 1, maxLength: 3 }),
        fc.constantFrom<RunMode | undefined>(undefined, 'fill', 'replace'),
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
        ({ start, length, size }, coverages, mode, limits) => {
          const run = {
            range: range(start, start + length),
            partitionSize: size,
            ...(mode === undefined ? {} : { mode }),
          };
          const committed: Coverage = new Map(coverages.map((coverage, at) => [`t${at}`, coverage]));
          const planned = [...describePartitions(run, committed, new Map(), () => undefined)];
          const { tasks, skipped } = allTasks(run, leftOut(run, committed), limits);
          const inTasks = tasks.flatMap(({ range: part, datasets }) =>
            datasets.map((dataset) => `${dataset} ${part.start}-${part.end}`),
          );
          const inPlan = planned.flatMap(({ dataset, run: parts }) =>
            parts.map((part) => `${dataset} ${part.start}-${part.end}`),
          );
          expect([...inPlan].sort()).toEqual([...inTasks].sort());
          const left = new Set(planned.map((part) => part.range.start));
          for (const part of planned) if (part.run.length > 0) left.delete(part.range.start);
          expect(left.size).toBe(skipped);
          expect(new Set(tasks.map(({ key }) => key)).size).toBe(tasks.length);
          for (const [dataset, coverage] of committed) {
            const own = tasks.filter(({ datasets }) => datasets.includes(dataset)).map((task) => task.range);
            const whole = countLedgers(mergeIntervals([run.range]));
            // Each ledger once, and together with the committed ones all of them.
            expect(countLedgers(own)).toBe(countLedgers(mergeIntervals(own)));
            if (mode === 'replace') expect(countLedgers(own)).toBe(whole);
            else {
              const inside = coverage.flatMap((part) => {
                const [from, to] = [Math.max(part.start, run.range.start), Math.min(part.end, run.range.end)];
                return from <= to ? [range(from, to)] : [];
              });
              expect(countLedgers(own) + countLedgers(inside)).toBe(whole);
            }
          }
        },
      ),
    );
  });
});

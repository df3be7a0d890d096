import { setTimeout as sleep } from 'node:timers/promises';
import type { SegmentRecord, Snapshot } from '@parquetry/archive';
import type { LedgerRange } from '@parquetry/core';
import type { TableSchema } from '@parquetry/schema';
import type { RunSpec } from '@parquetry/workflows';
import { describePartitions, staleRanges } from './partitions';

const range = (start: number, end: number): LedgerRange => ({ start, end });
const settings = { compression: 'snappy', layout: { kind: 'ledger_day' } } as const;
const spec: RunSpec = {
  source: { uri: 'galexie:/lake' },
  archive: '/archive',
  range: range(1, 4_000),
  partitionSize: 10,
  settings,
  maxRejects: 0,
  verify: 'ledger',
};
const schema: TableSchema = {
  messageType: 'a',
  origin: 'inferred',
  fields: [],
  ledgerColumn: 'ledger',
  closeTimeColumn: 'closed_at',
};

/** A dataset of `count` segments of ten ledgers with slow records; every tenth has another codec. */
class SlowTable {
  readonly read: string[] = [];
  mostAtOnce = 0;
  private atOnce = 0;

  constructor(private readonly count: number) {}

  snapshot(): Promise<Snapshot> {
    const segments = Array.from({ length: this.count }, (_, index) => ({
      id: String(index),
      range: range(index * 10, index * 10 + 9),
      files: 1,
    }));
    return Promise.resolve({ segments } as unknown as Snapshot);
  }

  async segment(id: string): Promise<SegmentRecord> {
    this.read.push(id);
    this.mostAtOnce = Math.max(this.mostAtOnce, (this.atOnce += 1));
    // The first ones take longest: the results must be in the order of the segments anyway.
    await sleep(Number(id) % 16 === 0 ? 20 : 5);
    this.atOnce -= 1;
    const written = Number(id) % 10 === 0 ? { ...settings, compression: 'zstd' } : settings;
    return {
      identity: { dataset: 'a', settings: written, schema: { version: 1, fingerprint: '' } },
    } as unknown as SegmentRecord;
  }
}

describe('stale segments', () => {
  it('are found by reading each record of the range once, concurrently', async () => {
    const table = new SlowTable(500);
    const stale = await staleRanges(table, spec, schema);
    expect(stale.map(({ range: { start } }) => start)).toEqual(
      Array.from({ length: 41 }, (_, index) => index * 100),
    );
    expect(stale[0]?.why).toBe('committed with other settings');
    expect(table.read).toEqual(Array.from({ length: 401 }, (_, index) => String(index)));
    expect(table.mostAtOnce).toBeGreaterThanOrEqual(8);
    // The concurrency is bounded.
    expect(table.mostAtOnce).toBeLessThanOrEqual(64);
  });
});

describe('the plan', () => {
  const committed = new Map([
    ['a', [range(1, 15)]],
    ['b', []],
  ]);
  const run = { range: range(1, 19), partitionSize: 10 };
  const stale = new Map([['a', [{ range: range(1, 9), why: 'committed with other settings' }]]]);
  const told = (mode?: 'replace'): unknown[] =>
    [...describePartitions({ ...run, ...(mode && { mode }) }, committed, stale, () => 1)].map((part) => [
      part.dataset,
      part.range.start,
      part.state,
      part.run,
      part.missing,
      part.messages,
    ]);

  it('lists what a `fill` run writes and skips', () => {
    expect(told()).toEqual([
      ['a', 1, 'stale', [], [], 0],
      ['b', 1, 'missing', [range(1, 9)], [range(1, 9)], 1],
      ['a', 10, 'partly', [range(16, 19)], [range(16, 19)], 1],
      ['b', 10, 'missing', [range(10, 19)], [range(10, 19)], 1],
    ]);
  });

  it('reports that a `replace` run recomputes everything', () => {
    expect(told('replace')).toEqual([
      ['a', 1, 'replace', [range(1, 9)], [], 1],
      ['b', 1, 'missing', [range(1, 9)], [range(1, 9)], 1],
      ['a', 10, 'replace', [range(10, 19)], [range(16, 19)], 1],
      ['b', 10, 'missing', [range(10, 19)], [range(10, 19)], 1],
    ]);
  });
});

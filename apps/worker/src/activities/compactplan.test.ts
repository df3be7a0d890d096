import { type SegmentRecord, segmentRange } from '@parquetry/archive';
import { DEFAULT_WRITE_SETTINGS, type WriteSettings } from '@parquetry/core';
import type { CompactCursor, CompactGroup } from '@parquetry/workflows';
import type { WorkerDeps } from '../deps';
import { findSegments } from './compactplan';

/** An archive with segments of ten ledgers each, from ledger 100 on. */
function archiveOf(
  segments: readonly { settings?: Partial<WriteSettings>; version?: number; recordedAt?: string }[],
): WorkerDeps {
  const ids = segments.map((_, index) => `${100 + index * 10}-${109 + index * 10}-${'0'.repeat(32)}`);
  const dataset = {
    snapshot: () =>
      Promise.resolve({ segments: ids.map((id) => ({ id, range: segmentRange(id), files: 1 })) }),
    segment: (id: string) => {
      const { settings, version = 1, recordedAt = '2026-01-01T00:00:00Z' } = segments[ids.indexOf(id)] ?? {};
      const identity = {
        settings: { ...DEFAULT_WRITE_SETTINGS, ...settings },
        schema: { subject: 'a', version, fingerprint: `f${version}` },
      };
      return Promise.resolve({ identity, recordedAt } as unknown as SegmentRecord);
    },
  };
  const archive = { datasets: () => Promise.resolve(['a']), dataset: () => dataset };
  return { archives: { get: () => Promise.resolve(archive) } } as unknown as WorkerDeps;
}

const found = async (segments: Parameters<typeof archiveOf>[0], before?: number): Promise<string[]> => {
  const settled = before === undefined ? {} : { before };
  const input = { archive: 'x', partitionSize: 50, verify: 'ledger', ...settled } as const;
  const { groups } = await findSegments(archiveOf(segments), { input, groups: 100, segments: 100 });
  return groups.map(({ range }) => `${range.start}-${range.end}`);
};

describe('segments are merged', () => {
  const plain = {};

  it('inside a full partition, whatever closed their files', async () => {
    expect(await found(Array(6).fill(plain))).toEqual(['100-149']);
    const zstd = { settings: { compression: 'zstd', maxRowsPerFile: 5 } } as const;
    expect(await found([plain, zstd, zstd, plain, zstd, plain])).toEqual(['100-149']);
  });

  it('only where the newest segment is old enough', async () => {
    const young = { recordedAt: '2026-01-02T12:00:00Z' };
    const segments = [...Array<object>(5).fill({}), {}, young, {}, {}, {}];
    expect(await found(segments, Date.UTC(2026, 0, 2))).toEqual(['100-149']);
    expect(await found(segments, Date.UTC(2026, 0, 3))).toEqual(['100-149', '150-199']);
  });

  it.each([
    { version: 2 },
    { settings: { closeTimePath: 'at' } },
    { settings: { ledgerPath: 'seq' } },
    { settings: { givenType: 'all' as const } },
    { settings: { metadata: false as const } },
  ])('with those of the same columns and read settings: %j', async (other) => {
    expect(await found([plain, plain, other, other, plain, plain])).toEqual(['100-119', '120-139']);
  });
});

describe('pages of groups', () => {
  /** All pages of an archive with a full dataset, as a workflow requests them. */
  async function pages(
    count: number,
    most: { readonly groups: number; readonly segments: number },
    partitionSize = 50,
  ): Promise<CompactGroup[][]> {
    const deps = archiveOf(Array<object>(count).fill({}));
    const input = { archive: 'x', datasets: ['a', 'b'], partitionSize, verify: 'ledger' } as const;
    const found: CompactGroup[][] = [];
    let after: CompactCursor | undefined;
    do {
      const page = await findSegments(deps, { input, ...(after === undefined ? {} : { after }), ...most });
      found.push([...page.groups]);
      after = page.next;
    } while (after !== undefined && found.length < 20);
    return found;
  }
  const names = (groups: readonly CompactGroup[]): string[] =>
    groups.map(({ dataset, range }) => `${dataset} ${range.start}-${range.end}`);

  it('have a limited number of groups, and the next page starts after them, whatever their outcome', async () => {
    const found = await pages(15, { groups: 2, segments: 100 });
    expect(found.map(names)).toEqual([
      ['a 100-149', 'a 150-199'],
      ['a 200-249', 'b 100-149'],
      ['b 150-199', 'b 200-249'],
    ]);
    expect(found.flat().every(({ part }) => part === undefined)).toBe(true);
  });

  it('have no more segments than one Temporal payload allows', async () => {
    const found = await pages(10, { groups: 100, segments: 9 });
    expect(found.map(names)).toEqual([['a 100-149'], ['a 150-199'], ['b 100-149'], ['b 150-199']]);
  });

  it('split a run of segments that is too long for one step into marked parts', async () => {
    const found = await pages(10, { groups: 100, segments: 4 }, 100);
    // The last two are adjacent to the previous parts: the next pass merges the results.
    expect(found.map(names)).toEqual([
      ['a 100-139'],
      ['a 140-179'],
      ['a 180-199'],
      ['b 100-139'],
      ['b 140-179'],
      ['b 180-199'],
    ]);
    expect(found.flat().map(({ part, segments }) => [part === true, segments.length])).toEqual([
      ...[
        [true, 4],
        [true, 4],
        [false, 2],
      ],
      ...[
        [true, 4],
        [true, 4],
        [false, 2],
      ],
    ]);
  });
});

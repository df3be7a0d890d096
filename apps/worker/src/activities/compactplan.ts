import type { SegmentRecord, Snapshot } from '@parquetry/archive';
import { type LedgerRange, MAX_LEDGER, partitionAt } from '@parquetry/core';
import type { CompactGroup, CompactInput } from '@parquetry/workflows';
import type { WorkerDeps } from '../deps';

type Segment = Snapshot['segments'][number];

/** See `CompactActivities.findSegments`. */
export async function findSegments(
  { archives }: WorkerDeps,
  { archive: root, datasets, range, partitionSize, limit }: CompactInput & { readonly limit: number },
): Promise<readonly CompactGroup[]> {
  const archive = await archives.get(root);
  const found: CompactGroup[] = [];
  for (const name of datasets ?? (await archive.datasets())) {
    const dataset = archive.dataset(name);
    const { segments } = await dataset.snapshot();
    const inside = segments.filter(
      (segment) =>
        range === undefined || (segment.range.start >= range.start && segment.range.end <= range.end),
    );
    for (const run of neighbours(inside, partitionSize)) {
      const records = await Promise.all(run.map(({ id }) => dataset.segment(id)));
      for (const group of sameSchema(run, records)) {
        found.push(groupOf(name, group));
        if (found.length === limit) return found;
      }
    }
  }
  return found;
}

/**
 * Runs of touching segments inside one partition. The partition that the last segment lies in is left alone until it is
 * full: its segments would be rewritten again and again.
 */
export function neighbours(segments: readonly Segment[], partitionSize: number): Segment[][] {
  const last = segments.at(-1)?.range.end ?? 0;
  const runs: Segment[][] = [];
  let run: Segment[] = [];
  let window: LedgerRange = { start: 0, end: -1 };
  const close = (): void => {
    if (run.length > 1 && window.end <= last) runs.push(run);
    run = [];
  };
  for (const segment of segments) {
    const { start, end } = segment.range;
    const before = run.at(-1)?.range.end;
    if (start > window.end || (before !== undefined && start !== before + 1)) close();
    if (start > window.end)
      window = partitionAt({ start: 0, end: MAX_LEDGER }, partitionSize, start) ?? segment.range;
    if (end <= window.end) run.push(segment);
    else close();
  }
  close();
  return runs;
}

/** Segments of different columns stay apart: their rows are not written anew in other columns. */
function* sameSchema(run: readonly Segment[], records: readonly SegmentRecord[]): Generator<Segment[]> {
  let group: Segment[] = [];
  for (const [index, segment] of run.entries()) {
    const [own, before] = [records[index]?.identity.schema, records[index - 1]?.identity.schema];
    if (group.length > 0 && own?.fingerprint !== before?.fingerprint) {
      if (group.length > 1) yield group;
      group = [];
    }
    group.push(segment);
  }
  if (group.length > 1) yield group;
}

function groupOf(dataset: string, group: readonly Segment[]): CompactGroup {
  return {
    dataset,
    range: { start: group[0]?.range.start ?? 0, end: group.at(-1)?.range.end ?? 0 },
    segments: group.map(({ id }) => id),
    files: group.reduce((sum, { files }) => sum + files, 0),
  };
}

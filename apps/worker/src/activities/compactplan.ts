import type { SegmentRecord, Snapshot } from '@parquetry/archive';
import { type LedgerRange, MAX_LEDGER, partitionAt, sameReadSettings } from '@parquetry/core';
import type { CompactCursor, CompactGroup, CompactPage, FindRequest } from '@parquetry/workflows';
import { inBatches } from '../batches';
import type { WorkerDeps } from '../deps';

type Segment = Snapshot['segments'][number];

/** See `CompactActivities.findSegments`. */
export async function findSegments(
  { archives }: Pick<WorkerDeps, 'archives'>,
  { input, after, groups: most, segments: mostIds }: FindRequest,
): Promise<CompactPage> {
  const { range, partitionSize, before } = input;
  const archive = await archives.get(input.archive);
  const groups: CompactGroup[] = [];
  let ids = 0;
  for (const { name, from } of namesAfter(input.datasets ?? (await archive.datasets()), after)) {
    const dataset = archive.dataset(name);
    const { segments } = await dataset.snapshot();
    const inside = segments.filter(
      (segment) =>
        segment.range.start >= Math.max(from, range?.start ?? 0) &&
        segment.range.end <= (range?.end ?? MAX_LEDGER),
    );
    for (const run of neighbours(inside, partitionSize)) {
      for (let at = 0; at < run.length; at += mostIds) {
        const part = run.slice(at, at + mostIds);
        const records = await inBatches(part, ({ id }) => dataset.segment(id));
        for (const group of alike(part, records, before)) {
          const last = groups.at(-1);
          if (last !== undefined && (groups.length === most || ids + group.length > mostIds))
            return { groups, next: { dataset: last.dataset, ledger: last.range.end } };
          ids += group.length;
          groups.push({
            ...groupOf(name, group),
            ...(part.length < run.length ? { part: true } : {}),
          });
        }
      }
    }
  }
  return { groups };
}

/** The datasets from the cursor on, each with the first ledger to check. */
function namesAfter(
  names: readonly string[],
  after: CompactCursor | undefined,
): { readonly name: string; readonly from: number }[] {
  const at = after === undefined ? 0 : Math.max(0, names.indexOf(after.dataset));
  return names.slice(at).map((name) => ({ name, from: name === after?.dataset ? after.ledger + 1 : 0 }));
}

/**
 * Runs of adjacent segments inside one partition. The partition of the last segment is skipped until it is full: its
 * segments would be rewritten repeatedly.
 */
function neighbours(segments: readonly Segment[], partitionSize: number): Segment[][] {
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

/**
 * Segments with different columns are not merged: rows are not converted to other columns. Neither are segments whose
 * messages were read with different settings: one record can't describe both.
 */
function* alike(
  run: readonly Segment[],
  records: readonly SegmentRecord[],
  before = Number.POSITIVE_INFINITY,
): Generator<Segment[]> {
  // A run may still write there.
  if (records.some(({ recordedAt }) => Date.parse(recordedAt) >= before)) return;
  let group: Segment[] = [];
  for (const [index, segment] of run.entries()) {
    const [own, before] = [records[index]?.identity, records[index - 1]?.identity];
    if (own === undefined) continue;
    const fits =
      before !== undefined &&
      own.schema.fingerprint === before.schema.fingerprint &&
      sameReadSettings(own.settings, before.settings);
    if (group.length > 0 && !fits) {
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

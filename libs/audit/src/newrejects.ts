import { type Archive, type Dataset, META_FOLDER, type SegmentRecord, whenAbsent } from '@parquetry/archive';
import type { ObjectStore } from '@parquetry/storage';
import { type RejectData, type RejectFile, countRejects } from './rejects';

/** Where the last report ended. It is only a hint: without it the next report counts all rejects. */
const KEY = `${META_FOLDER}/upkeep/rejects.json`;

/** Up to where rejects were reported. */
interface Mark {
  /** When the report was made, Unix milliseconds. */
  readonly at: number;
  /** The version of each dataset's log. */
  readonly versions: Readonly<Record<string, number>>;
  /** Last change of the newest file of rejects without a dataset, Unix milliseconds. */
  readonly loose: number;
}

/** The stored marks: those of the last report, and of the one before it. */
interface Marks {
  /** The run that made the last report. */
  readonly run: string;
  readonly before: Mark | null;
  readonly after: Mark;
}

/**
 * Counts the rejects of segments that were committed since the last report, and of new messages without a dataset; then
 * stores where this report ended. A repetition by the same `run` gives the same report. Rejects that a compaction moved
 * are not new; a segment that has old and new ones is counted whole.
 */
export async function newRejects(
  archive: Archive,
  {
    run,
    now,
    datasets,
  }: { readonly run: string; readonly now: number; readonly datasets?: readonly string[] },
): Promise<RejectData & { readonly since?: number }> {
  const { store } = archive;
  const marks = await readMarks(store);
  const before = (marks?.run === run ? marks.before : marks?.after) ?? undefined;
  const versions: Record<string, number> = { ...before?.versions };
  const files: RejectFile[] = [];
  for (const name of datasets ?? (await archive.datasets())) {
    const dataset = archive.dataset(name);
    const { version, segments } = await dataset.snapshot();
    const from = before?.versions[name];
    if (version !== from) {
      const known = from === undefined ? undefined : await dataset.segmentsAt(from);
      for (const { id, range } of segments) {
        if (known?.has(id) === true) continue;
        const record = await dataset.segment(id);
        const { rejects } = record.identity;
        if (rejects === null) continue;
        const counted = known === undefined ? 0 : await reported(dataset, record, known);
        if (counted >= rejects.rows) continue;
        files.push({ ...rejects, dataset: name, range });
      }
    }
    versions[name] = version;
  }
  const loose = await newestLoose(store, before?.loose ?? Number.NEGATIVE_INFINITY);
  const found = await countRejects(archive, files, undefined, before?.loose);
  const after = { at: now, versions, loose: Math.max(loose, 0) };
  await store.replace(KEY, Buffer.from(`${JSON.stringify({ run, before: before ?? null, after })}\n`));
  return { ...found, ...(before === undefined ? {} : { since: before.at }) };
}

/** Rejects of a segment that the last report counted: its own, or those that it took over from the segments that it replaced. */
async function reported(
  dataset: Dataset,
  record: SegmentRecord,
  known: ReadonlySet<string>,
): Promise<number> {
  if (known.has(record.id)) return record.identity.rejects?.rows ?? 0;
  let rows = 0;
  for (const id of record.identity.replaces) {
    const replaced = await dataset.segment(id).catch(whenAbsent);
    // A clone has only the records of the segments that were live when it was made.
    if (replaced !== undefined) rows += await reported(dataset, replaced, known);
  }
  return rows;
}

async function newestLoose(store: ObjectStore, since: number): Promise<number> {
  let newest = since;
  for (const folder of ['runs', 'late'])
    for await (const { modified } of store.list(`${META_FOLDER}/rejects/${folder}/`))
      newest = Math.max(newest, modified);
  return newest;
}

async function readMarks(store: ObjectStore): Promise<Marks | undefined> {
  try {
    const value = JSON.parse(Buffer.from(await store.get(KEY)).toString('utf8')) as Partial<Marks> | null;
    const { run, before = null, after } = value ?? {};
    return typeof run === 'string' && isMark(after) && (before === null || isMark(before))
      ? { run, before, after }
      : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    return whenAbsent(error);
  }
}

function isMark(mark: Partial<Mark> | undefined): mark is Mark {
  const { at, versions, loose } = mark ?? {};
  return (
    Number.isFinite(at) &&
    Number.isFinite(loose) &&
    typeof versions === 'object' &&
    versions !== null &&
    Object.values(versions).every((version) => Number.isSafeInteger(version))
  );
}

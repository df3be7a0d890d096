import { type Archive, type Dataset, META_FOLDER, type SegmentRecord, whenAbsent } from '@parquetry/archive';
import type { ObjectStore } from '@parquetry/storage';
import {
  type LooseRejects,
  type ReadLimits,
  type RejectData,
  type RejectFile,
  looseRejects,
  sumRejects,
} from './rejects';

/** Where the last report ended. It is only a hint: without it the next report counts all rejects. */
const KEY = `${META_FOLDER}/upkeep/rejects.json`;

/** Up to where rejects were reported. */
interface Mark {
  /** When the report was made, Unix milliseconds. */
  readonly at: number;
  /** The version of each dataset's log. */
  readonly versions: Readonly<Record<string, number>>;
  /** Last change of the newest reported file of rejects that belongs to no segment, Unix milliseconds. */
  readonly loose: number;
  /**
   * The reported files of the day before that time. Others of that day may appear later: a bucket has the time at which
   * an upload began, in whole seconds. Absent in marks of earlier versions.
   */
  readonly looseKeys?: readonly string[];
}

/** The stored marks: those of the last report, and of the one before it. */
interface Marks {
  /** The run that made the last report. */
  readonly run: string;
  readonly before: Mark | null;
  readonly after: Mark;
}

/** How long after its time a file may appear, milliseconds. */
const UPLOAD_MS = 24 * 3_600_000;

/** Limits of one report: enough for a day of a tail that gets late messages every minute. */
const LIMITS: ReadLimits = { files: 5_000, bytes: 512e6 };

/** The rejects since the last report. */
export interface NewRejects extends Pick<RejectData, 'total' | 'unread' | 'reasons'> {
  /** When the last report was made, Unix milliseconds; absent for the first one. */
  readonly since?: number;
  /** Files that this report did not read and the next one reports; their rejects are in no count. */
  readonly filesLeft: number;
}

/**
 * Counts the rejects of segments that were committed since the last report, and of new messages that belong to no segment;
 * then stores where this report ended. A repetition by the same `run` gives the same report. Rejects that a compaction
 * moved are not new; a segment that has old and new ones is counted whole.
 */
export async function newRejects(
  archive: Archive,
  {
    run,
    now,
    datasets,
    limits = LIMITS,
  }: {
    readonly run: string;
    readonly now: number;
    readonly datasets?: readonly string[];
    readonly limits?: ReadLimits;
  },
): Promise<NewRejects> {
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
  const all = await looseRejects(store);
  const loose = all.filter((file) => !isReported(file, before));
  // Those first: only the segments' records say how many rejects an unread file has.
  const { left, ...counts } = await sumRejects(store, [...loose, ...files], { limits });
  const unread = new Set(left);
  const after = { at: now, versions, ...looseMark(all.filter((file) => !unread.has(file))) };
  await store.replace(KEY, Buffer.from(`${JSON.stringify({ run, before: before ?? null, after })}\n`));
  return {
    ...counts,
    filesLeft: left.filter(({ rows }) => rows === undefined).length,
    ...(before === undefined ? {} : { since: before.at }),
  };
}

function isReported({ key, modified }: LooseRejects, mark: Mark | undefined): boolean {
  if (mark === undefined) return false;
  const { loose, looseKeys } = mark;
  return looseKeys === undefined
    ? modified <= loose
    : modified < loose - UPLOAD_MS || looseKeys.includes(key);
}

/** Where a report ends after which these files are reported. */
function looseMark(reported: readonly LooseRejects[]): Pick<Mark, 'loose' | 'looseKeys'> {
  const loose = reported.reduce((last, { modified }) => Math.max(last, modified), 0);
  const recent = reported.filter(({ modified }) => modified >= loose - UPLOAD_MS);
  return { loose, looseKeys: recent.map(({ key }) => key) };
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
  const { at, versions, loose, looseKeys = [] } = mark ?? {};
  return (
    Array.isArray(looseKeys) &&
    Number.isFinite(at) &&
    Number.isFinite(loose) &&
    typeof versions === 'object' &&
    versions !== null &&
    Object.values(versions).every((version) => Number.isSafeInteger(version))
  );
}

import { type LedgerRange, mergeIntervals } from '@parquetry/core';
import { type ExaminedLog, unclear } from './examine';
import type { Recorded, Records } from './records';

/** Which segments a restored log gets. */
export interface Assignment {
  /** Segments of commits that are written again, by version. */
  readonly placed: ReadonlyMap<number, string>;
  /** Segments that are committed after the newest version, in order. */
  readonly appended: readonly string[];
  /** Recorded segments that are in no commit, and why they stay out. */
  readonly left: readonly { readonly id: string; readonly why: string }[];
}

/** What decides which of the recorded segments were committed. */
export interface AssignInput {
  readonly dataset: string;
  readonly log: ExaminedLog;
  /** Version of the checkpoint that the replay begins with, or -1. */
  readonly base: number;
  /** Segments that are live in that checkpoint. */
  readonly baseLive: ReadonlySet<string>;
  readonly records: Records;
  /** Whether all files of a segment are on storage. */
  readonly isWhole: (id: string) => boolean;
  /** Also commit recorded segments that no commit names where the log has no hole. */
  readonly adopt: boolean;
}

const EXCLUDE =
  'Name the one that is not live with --exclude SEGMENT: it was not committed, or it was replaced. --dry-run shows the effect.';

/**
 * Decides which recorded segments lost commits had. A record alone does not say that its segment was committed: the
 * attempt may have ended before. Evidence is a later segment that replaces it, a damaged commit that still names it,
 * replaced files that are gone (they are deleted only after the commit), and the number of lost commits.
 * @throws ParquetryError RESTORE_UNCLEAR
 */
export function assignSegments(input: AssignInput): Assignment {
  const { dataset, log, base, baseLive, records, isWhole } = input;
  const { byId } = records;
  const holes: number[] = [];
  for (let version = base + 1; version <= log.top; version++)
    if (!log.commits.has(version)) holes.push(version);
  const later = [...log.commits].filter(([version]) => version > base);
  const known = new Set([...baseLive, ...later.flatMap(([, ids]) => ids)]);
  const settled = ancestors(baseLive, byId);
  const candidates = [...byId.values()].filter(({ id }) => !known.has(id) && !settled.has(id));
  // A record that replaces a segment was made when that segment was live.
  const proven = new Set([...byId.values()].flatMap(({ replaces }) => replaces));
  const traced = new Set([...log.traces].filter(([version]) => holes.includes(version)).map(([, id]) => id));
  const lost = log.commits.size === 0;
  // How many commits are lost after the newest known version is not known.
  const adopts = holes.length > 0 || lost || input.adopt;
  const sure: Recorded[] = [];
  const unsure: Recorded[] = [];
  const left: { id: string; why: string }[] = [];
  const certain = (id: string): boolean => known.has(id) || proven.has(id) || traced.has(id);
  const successors = new Map<string, string[]>();
  for (const { id, replaces } of byId.values())
    for (const old of replaces) successors.set(old, [...(successors.get(old) ?? []), id]);
  const due = deadlines(input);
  for (const record of candidates) {
    const { id, replaces } = record;
    // Every commit before its replacement is known, and none is its own.
    if (!traced.has(id) && (due.get(id) ?? Infinity) < (holes[0] ?? Infinity)) {
      left.push({ id, why: 'a clone ended before its commit, and continued with its replacement' });
      continue;
    }
    const old = replaces.flatMap((other) => byId.get(other) ?? []);
    // A segment is replaced once.
    const others = replaces.flatMap((other) => successors.get(other) ?? []).filter((other) => other !== id);
    const successor = others.find(certain);
    const retired =
      adopts &&
      !others.some(isWhole) &&
      old.some(({ id: other, files }) => files.length > 0 && !isWhole(other));
    if (successor !== undefined && !certain(id))
      left.push({ id, why: `${successor} replaced what it would replace` });
    else if (proven.has(id) || traced.has(id) || (retired && isWhole(id))) sure.push(record);
    else if (!isWhole(id)) left.push({ id, why: 'files of it are missing: an abandoned attempt' });
    else unsure.push(record);
  }
  const surely = [...known, ...sure.map(({ id }) => id)].flatMap((id) => byId.get(id) ?? []);
  const taken = mergeIntervals(surely.map(({ range }) => range)).map((range) => ({ range }));
  const fresh: Recorded[] = [];
  const replacing: Recorded[] = [];
  for (const record of unsure.sort(byTime)) {
    const old = record.replaces.flatMap((id) => byId.get(id) ?? []);
    const [only] = old;
    // Without the records of what it replaced, it came with a clone.
    if (only !== undefined) {
      if (old.length === 1 && sameRows(only, record))
        left.push({ id: record.id, why: `it has the rows of ${only.id}, which it would replace` });
      else replacing.push(record);
      continue;
    }
    const { at, found: rival } = adopts ? meeting(fresh, record.range) : { at: 0, found: undefined };
    if (meeting(taken, record.range).found !== undefined)
      left.push({ id: record.id, why: 'other segments have its ledgers: an abandoned attempt' });
    else if (rival === undefined) fresh.splice(at, 0, record);
    else if (sameRows(rival, record)) left.push({ id: record.id, why: `it has the rows of ${rival.id}` });
    else
      unclear(
        dataset,
        `the segments ${rival.id} and ${record.id} contain the same ledgers, and nothing says which was committed`,
        EXCLUDE,
        [rival.id, record.id],
      );
  }
  const open = holes.length - sure.length;
  if (adopts) sure.push(...fresh);
  else
    for (const { id } of fresh)
      left.push({
        id,
        why: 'an abandoned attempt, or the newest commits are lost (--adopt)',
      });
  // Each lost commit had a segment: with no more candidates than lost commits, all were committed.
  if (replacing.length > 0 && open === fresh.length + replacing.length) sure.push(...replacing);
  else if (replacing.length > 0 && (lost || (holes.length > 0 && open > 0)))
    unclear(
      dataset,
      `nothing says whether ${replacing.map(({ id }) => id).join(', ')} replaced ${replacing.flatMap(({ replaces }) => replaces).join(', ')}: the files of both are there`,
      EXCLUDE,
      replacing.map(({ id }) => id),
    );
  else
    for (const { id } of replacing)
      left.push({
        id,
        why: 'it would replace live segments: an abandoned attempt, or the newest commits are lost',
      });
  if (sure.length < holes.length)
    unclear(
      dataset,
      `${holes.length} commits are lost, the first is ${holes[0]}, and the records of only ${sure.length} segments can belong to them`,
      `Restore _parquetry/segments/${dataset} from a backup, or the whole folder of the dataset.`,
    );
  return { ...place(input, holes, order(sure, input)), left: left.sort((a, b) => (a.id < b.id ? -1 : 1)) };
}

/** The range of a sorted list without overlaps that meets a range, and the place of the range in the list. */
function meeting<T extends { readonly range: LedgerRange }>(
  sorted: readonly T[],
  { start, end }: LedgerRange,
): { readonly at: number; readonly found: T | undefined } {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((sorted[middle] as T).range.start <= end) low = middle + 1;
    else high = middle;
  }
  const before = sorted[low - 1];
  return { at: low, found: before !== undefined && before.range.end >= start ? before : undefined };
}

/** Segments that live ones replaced, directly or not. */
function ancestors(live: ReadonlySet<string>, byId: Records['byId']): Set<string> {
  const found = new Set<string>();
  const next = [...live];
  for (let id = next.pop(); id !== undefined; id = next.pop())
    for (const old of byId.get(id)?.replaces ?? [])
      if (!found.has(old)) {
        found.add(old);
        next.push(old);
      }
  return found;
}

/** The first version whose commit replaces a segment. */
function deadlines({ log, records }: AssignInput): Map<string, number> {
  const found = new Map<string, number>();
  for (const [version, ids] of [...log.commits].sort(([a], [b]) => b - a))
    for (const id of ids) for (const old of records.byId.get(id)?.replaces ?? []) found.set(old, version);
  return found;
}

/** Segments that are replaced before those that replace them; else those that must be early first, then by time. */
function order(records: readonly Recorded[], input: AssignInput): string[] {
  const due = deadlines(input);
  const at = ({ id }: Recorded): number => due.get(id) ?? Number.MAX_SAFE_INTEGER;
  const waiting = new Map(
    [...records].sort((a, b) => at(a) - at(b) || byTime(a, b)).map((record) => [record.id, record]),
  );
  const sorted: string[] = [];
  const visit = (record: Recorded): void => {
    waiting.delete(record.id);
    for (const old of record.replaces) {
      const first = waiting.get(old);
      if (first !== undefined) visit(first);
    }
    sorted.push(record.id);
  };
  for (const record of [...waiting.values()]) if (waiting.has(record.id)) visit(record);
  return sorted;
}

/** Gives each hole a segment: the one that its damaged commit names, else the next one in order. */
function place(
  input: AssignInput,
  holes: readonly number[],
  ids: readonly string[],
): Pick<Assignment, 'placed' | 'appended'> {
  const { dataset, log, records } = input;
  const placed = new Map<number, string>();
  for (const [version, id] of log.traces)
    if (holes.includes(version) && ids.includes(id) && ![...placed.values()].includes(id))
      placed.set(version, id);
  const fixed = new Set(placed.values());
  const rest = ids.filter((id) => !fixed.has(id));
  for (const version of holes) {
    const id = placed.has(version) ? undefined : rest.shift();
    if (id !== undefined) placed.set(version, id);
  }
  const due = deadlines(input);
  const versions = new Map([...placed].map(([version, id]) => [id, version]));
  for (const [id, version] of versions) {
    const old = (records.byId.get(id)?.replaces ?? []).find((other) => (versions.get(other) ?? -1) > version);
    if (version > (due.get(id) ?? Number.MAX_SAFE_INTEGER) || old !== undefined)
      unclear(dataset, `segment ${id} can't be in commit ${version}: it is replaced earlier`, EXCLUDE, [id]);
  }
  const late = rest.find((id) => due.has(id));
  if (late !== undefined)
    unclear(
      dataset,
      `segment ${late} was replaced by commit ${due.get(late)}, and no lost commit before it is left`,
      EXCLUDE,
      [late],
    );
  return { placed, appended: rest };
}

function byTime(a: Recorded, b: Recorded): number {
  return a.recordedAt - b.recordedAt || (a.id < b.id ? -1 : 1);
}

function sameRows(a: Recorded, b: Recorded): boolean {
  return a.content === b.content && a.range.start === b.range.start && a.range.end === b.range.end;
}

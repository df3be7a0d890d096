import { createHash } from 'node:crypto';
import { type Archive, type ArchiveIdentity, majorAt, majorCoverage, parseDataset } from '@parquetry/archive';
import {
  DEFAULT_LEDGER_TYPES,
  type Intervals,
  type LedgerRange,
  MAX_LEDGER,
  ParquetryError,
  isLedgerUri,
  isParquetryError,
  isProcessorUri,
} from '@parquetry/core';
import { type TableSchema, portableSchema } from '@parquetry/schema';
import {
  AnswerFiles,
  type ReadPosition,
  MessageTail,
  type MessageTailOptions,
  type NdjsonOptions,
  type SourceIndex,
  type TailPositions,
  type TailReader,
  openFeed,
  openLedgerTail,
} from '@parquetry/source';
import type { ObjectStore } from '@parquetry/storage';
import type { RunSpec, TailSpec } from '@parquetry/workflows';
import { Context } from '@temporalio/activity';
import type { WorkerDeps } from '../deps';
import { knownSchemas } from '../plan/indexrange';
import { loadPlan, spoolKey } from '../plan/stored';
import { messageOptions } from '../sources';

/** State in a flush plan for the next flush. */
export interface FlushMarks extends TailPositions {
  /** Plan of the previous flush. */
  readonly previous?: string;
}

/** A tail as a run of all ledgers. */
export function tailRun(spec: TailSpec): RunSpec {
  return { ...spec, range: { start: 1, end: MAX_LEDGER } };
}

/** Whether the tail's source has complete ledgers. */
export function isLake(spec: TailSpec): boolean {
  return isLedgerUri(spec.source.uri);
}

/** Message types a tail takes from ledgers. */
export function lakeTypes(spec: TailSpec): readonly string[] {
  return spec.types ?? DEFAULT_LEDGER_TYPES;
}

/** Schemas in the archive's integer style. */
export function schemaStyle(identity: ArchiveIdentity): (schema: TableSchema) => TableSchema {
  return identity.integers === 'signed' ? portableSchema : (schema) => schema;
}

/** Committed ledgers of a message type of a tail. */
export interface TailedType {
  /** The dataset of the major that the cursor belongs to. */
  readonly dataset: string;
  /** Last ledger of that major. */
  readonly last: number;
  /** Ledgers that any of its majors covers. */
  readonly coverage: Intervals;
}

/** The message types of a tail at a ledger: the requested ones, else those of the archive. */
export async function tailedTypes(
  archive: Archive,
  spec: TailSpec,
  ledger: number,
): Promise<Map<string, TailedType>> {
  const names =
    spec.types ??
    (isLake(spec)
      ? lakeTypes(spec)
      : (await archive.datasets()).map((dataset) => parseDataset(dataset).messageType));
  const found = new Map<string, TailedType>();
  for (const name of new Set(names)) {
    const { majors, coverage } = await majorCoverage(archive, name);
    const { dataset, range } = majorAt(majors, ledger);
    found.set(name, { dataset, last: range.end, coverage });
  }
  return found;
}

/** Range of a source. */
export interface SourceEdges {
  readonly first: number;
  /** The newest ledger. */
  readonly last: number;
  /**
   * The newest complete ledger at the distance `lag`; for message files the newest one with messages, 0 if there is none.
   * The last ledger of message files is not complete: it may still get messages.
   */
  readonly closed: number;
  /** The first ledger with messages of a type; undefined while there is none. A lake's ledgers have all types. */
  readonly firstOf: (messageType: string) => number | undefined;
}

/**
 * The first ledger after the contiguous committed prefix of the message type with the shortest one; undefined when
 * nothing is committed. A type that the archive lacks starts at its first ledger in the source, not before `from`; the
 * caller skips the ledgers that other types have.
 */
export async function nextLedger(
  archive: Archive,
  spec: TailSpec,
  edges: () => Promise<SourceEdges | undefined>,
  from = 1,
): Promise<number | undefined> {
  const types = [...(await tailedTypes(archive, spec, 1))];
  const ends = types.flatMap(
    ([
      ,
      {
        coverage: [first],
      },
    ]) => (first === undefined ? [] : [first.end + 1]),
  );
  if (ends.length === 0) return undefined;
  const lacking = types.filter(([, { coverage }]) => coverage.length === 0);
  const found = lacking.length === 0 ? undefined : await edges();
  const starts = lacking.flatMap(([type]) => found?.firstOf(type) ?? []);
  return Math.min(...ends, ...starts.map((first) => Math.max(first, from)));
}

/** The first and the newest ledger of a source, undefined for one that is empty. */
export async function sourceEdges(
  deps: WorkerDeps,
  store: ObjectStore,
  spec: TailSpec,
  signal: AbortSignal,
  lag = 0,
): Promise<SourceEdges | undefined> {
  if (isLake(spec)) {
    const feed = await openFeed(spec.source.uri, undefined, signal);
    const [first, last] = [await feed.first(signal), await feed.tip(signal)];
    return first === undefined || last === undefined
      ? undefined
      : { first, last, closed: last - lag, firstOf: () => first };
  }
  // A processor answers for any range: it has no first ledger, and only requests show its last one.
  if (isProcessorUri(spec.source.uri)) return undefined;
  const reader = await scanReader(deps, store, spec, 1, lag);
  let view = await reader.look(signal);
  while (view.more) view = await reader.look(signal);
  const { facts } = view;
  const [first] = facts;
  const last = facts.at(-1);
  if (first === undefined || last === undefined) return undefined;
  // A run needs messages: ledgers without any are covered with the next one that has some.
  const closed = facts.findLast(({ ledger }) => ledger <= view.closed)?.ledger ?? 0;
  const firstOf = (type: string): number | undefined => facts.find(({ rows }) => rows.has(type))?.ledger;
  return { first: first.ledger, last: last.ledger, closed, firstOf };
}

/** The last ledger up to `last` that a processor has from `start` on; below `start` if it has none. */
export async function answeredUntil(
  deps: WorkerDeps,
  store: ObjectStore,
  spec: TailSpec,
  { start, end }: LedgerRange,
  signal: AbortSignal,
): Promise<number> {
  const reader = await scanReader(deps, store, spec, start);
  let view = await reader.look(signal);
  while (view.more && view.closed < end) view = await reader.look(signal);
  return Math.min(view.closed, end);
}

/** The error of a tail or schedule that does not say where a processor begins. */
export function noFirstLedger(spec: TailSpec): ParquetryError {
  return new ParquetryError('USAGE', `${spec.source.uri} does not say which ledgers it has.`, {
    hint: 'Give the first ledger: --from LEDGER.',
  });
}

async function scanReader(
  deps: WorkerDeps,
  store: ObjectStore,
  spec: TailSpec,
  cursor: number,
  lag = 0,
): Promise<TailReader> {
  const messages = messageOptions(spec, await knownSchemas(store, (schema) => schema), deps.allow);
  return openReader(deps, { spec, cursor, lag, types: [], messages });
}

/** A record of the last flush of a tail; it only avoids reading old messages again as late ones. */
export function noteKey(spec: TailSpec): string {
  const id = createHash('sha256').update(JSON.stringify(spec.source)).digest('hex').slice(0, 32);
  return `_parquetry/tails/${id}.json`;
}

/** The folder of a tail's decompressed files; it stays for a day after each call. */
export function openTailSpool(workplace: WorkerDeps['workplace'], spec: TailSpec): Promise<string> {
  const workflowId = Context.current().info.workflowExecution?.workflowId;
  return workplace.openSpool(spoolKey(tailRun(spec)), workflowId);
}

/** Opens the reader of a tail's source from a ledger on. */
export async function openReader(
  { workplace }: WorkerDeps,
  options: {
    readonly spec: TailSpec;
    readonly cursor: number;
    readonly lag: number;
    /** Message types that every flush has. */
    readonly types: readonly string[];
    readonly messages: NdjsonOptions;
    /** The index of the shared plan, for a lake. */
    readonly index?: SourceIndex;
    readonly marks?: readonly ReadPosition[];
    readonly passed?: MessageTailOptions['passed'];
  },
): Promise<TailReader> {
  const { spec, cursor, lag, types, messages, index, marks, passed } = options;
  if (index !== undefined) {
    const feed = await openFeed(spec.source.uri, index.data);
    return openLedgerTail(feed, { cursor, lag, types: lakeTypes(spec), index, unknown: spec.unknown });
  }
  const workDir = await openTailSpool(workplace, spec);
  const { uri } = spec.source;
  const files = isProcessorUri(uri)
    ? new AnswerFiles(uri, {
        ...{ cursor, workDir, width: spec.partitionSize },
        ...(marks === undefined ? {} : { marks }),
      })
    : uri.slice('ndjson:'.length);
  return new MessageTail(files, {
    cursor,
    lag,
    datasets: types,
    workDir,
    messages,
    ...(spec.types === undefined ? {} : { types: spec.types }),
    ...(marks === undefined ? {} : { marks }),
    ...(passed === undefined ? {} : { passed }),
  });
}

/**
 * How far the files were read for the last flush that ended before `cursor`, by a tail of all types of this one; undefined
 * also when its plan was removed.
 */
export async function findMarks(
  store: ObjectStore,
  spec: TailSpec,
  cursor: number,
  previous: string | undefined,
): Promise<
  { readonly plan: string; readonly spec: RunSpec; readonly marks: readonly ReadPosition[] } | undefined
> {
  let key = previous ?? (await readNote(store, noteKey(spec)));
  while (key !== undefined) {
    const plan = await loadPlan(store, spec.archive, key).catch(unlessGone);
    if (plan === undefined) return undefined;
    const data = plan.index.data as FlushMarks;
    // Plans before it may have all types, but a tail has one for each flush: reading the files again is cheaper.
    if (!readsAll(plan.spec.types, spec.types)) return undefined;
    if (plan.spec.range.end < cursor) return { plan: key, spec: plan.spec, marks: data.marks };
    key = data.previous;
  }
  return undefined;
}

/** A tail passes over messages of other types: its positions are useless for them. */
function readsAll(types: readonly string[] | undefined, wanted: readonly string[] | undefined): boolean {
  return types === undefined || wanted?.every((type) => types.includes(type)) === true;
}

function unlessGone(error: unknown): undefined {
  if (!isParquetryError(error) || error.code !== 'ARCHIVE_CHANGED') throw error;
  return undefined;
}

async function readNote(store: ObjectStore, key: string): Promise<string | undefined> {
  if ((await store.stat(key)) === undefined) return undefined;
  const note = JSON.parse(Buffer.from(await store.get(key)).toString('utf8')) as { plan?: unknown };
  return typeof note.plan === 'string' ? note.plan : undefined;
}

import { rm } from 'node:fs/promises';
import { type Archive, parseDataset } from '@parquetry/archive';
import { type LedgerRange, MAX_LEDGER, partitionAt } from '@parquetry/core';
import {
  type Cut,
  MessageTail,
  type MessageTailOptions,
  type TailReader,
  type TailView,
  decideCut,
} from '@parquetry/source';
import { type ObjectStore, openStore } from '@parquetry/storage';
import type { TableSchema } from '@parquetry/schema';
import type { CutRequest, CutResult, SourceTip } from '@parquetry/workflows';
import { Context } from '@temporalio/activity';
import type { WorkerDeps } from '../deps';
import { withHeartbeat } from '../heartbeat';
import { pause } from '../pause';
import { knownSchemas } from '../plan/indexrange';
import { loadPlan, spoolKey } from '../plan/stored';
import { limitsOf } from '../limits';
import { messageOptions } from '../sources';
import { committedMessages } from './committedmessages';
import { keepRejects } from './rejects';
import { bytesOf, flushLimits } from './flushlimits';
import { planLake, planMessages } from './flushplan';
import {
  type TailedType,
  findMarks,
  noteKey,
  openReader,
  openTailSpool,
  schemaStyle,
  tailedTypes,
} from './tailsource';

/** How long one call watches a source without a flush. */
const WATCH_MS = 60_000;

/**
 * Heartbeat interval of a watch: it has no running work that a cancellation must end soon, and a worker may have many
 * watches.
 */
const BEAT_MS = 5_000;

/** Most tails whose readers a worker keeps between calls. */
const KEPT_READERS = 16;

/** The next flush according to the coverage. */
interface Room {
  /** Message types that lack the cursor's ledger. */
  readonly missing: readonly string[];
  /** Last ledger of this part. */
  readonly last: number;
}

/** A reader kept between calls, with its request. */
interface Kept {
  /** Its request. */
  readonly id: string;
  readonly reader: TailReader;
  /** Base schemas of inference by message type: those of the majors of the cursor. */
  readonly known: ReadonlyMap<string, TableSchema>;
  readonly previous: string | undefined;
}

/** The `cut` step of one worker; it keeps readers between calls, so that nothing is read twice while waiting. */
export class Cutter {
  /** By tail, most recently used last. */
  private readonly kept = new Map<string, Kept>();

  constructor(private readonly deps: WorkerDeps) {}

  /** See `TailActivities.cut`. */
  async cut(request: CutRequest): Promise<CutResult> {
    const before = Context.current().info.heartbeatDetails as { since?: number } | undefined;
    let since = request.since ?? before?.since;
    return withHeartbeat(async (signal, report) => {
      const { spec, cursor, policy } = request;
      const store = openStore(spec.archive);
      const archive = await this.deps.archives.get(spec.archive);
      const types = await tailedTypes(archive, spec, cursor);
      const room = roomFor(request, types);
      if (typeof room === 'number') return { kind: 'skip', cursor: room };
      const tail = JSON.stringify([spec.archive, spec.source]);
      const id = JSON.stringify([spec.types ?? null, cursor, request.lag]);
      // Removed while it is in use: an abandoned call may still run concurrently with its successor.
      const kept = this.take(tail, id) ?? (await this.open(id, store, archive, request, types));
      const { reader } = kept;
      if (reader instanceof MessageTail) await openTailSpool(this.deps.workplace, spec);
      const until = Date.now() + WATCH_MS;
      for (;;) {
        const view = await reader.look(signal);
        if (view.closed >= cursor) since ??= Date.now();
        const due = since === undefined ? undefined : since + policy.maxAgeSeconds * 1000;
        report({
          cursor,
          closed: view.closed,
          tip: view.tip?.ledger ?? null,
          ...(since === undefined ? {} : { since }),
        });
        const { layout } = spec.settings;
        const aged = due !== undefined && Date.now() >= due;
        const limits = { ...flushLimits(policy, request.fileBytesPerByte), layout, last: room.last, aged };
        const cut = decideCut(cursor, view.closed, view.facts, limits);
        if (cut !== undefined) {
          const added = limitsOf(this.deps.limits, spec);
          const flushed = await flush({
            ...{ request, store, archive, kept, view, room, cut, types, signal, added },
          });
          // Another run changed a schema meanwhile: the next call continues with the registered version.
          return flushed ?? { kind: 'wait', ...(since === undefined ? {} : { since }), ...tipOf(view) };
        }
        if (view.more) continue;
        if (Date.now() >= until || this.deps.stopping.aborted) {
          this.keep(tail, kept);
          return { kind: 'wait', ...(since === undefined ? {} : { since }), ...tipOf(view) };
        }
        const ms = Math.min(request.pollSeconds * 1000, Math.max(10, (due ?? Infinity) - Date.now()));
        // A stopping worker returns, and the workflow calls the next worker.
        await pause(ms, signal, this.deps.stopping);
      }
    }, BEAT_MS);
  }

  private take(tail: string, id: string): Kept | undefined {
    const found = this.kept.get(tail);
    this.kept.delete(tail);
    return found?.id === id ? found : undefined;
  }

  private keep(tail: string, kept: Kept): void {
    this.kept.delete(tail);
    const oldest = this.kept.size >= KEPT_READERS ? this.kept.keys().next().value : undefined;
    if (oldest !== undefined) this.kept.delete(oldest);
    this.kept.set(tail, kept);
  }

  private async open(
    id: string,
    store: ObjectStore,
    archive: Archive,
    { spec, start, cursor, lag, previous }: CutRequest,
    types: ReadonlyMap<string, TailedType>,
  ): Promise<Kept> {
    const { identity } = archive;
    const known = await knownSchemas(store, schemaStyle(identity), { start: cursor, end: cursor });
    const messages = messageOptions({ ...spec, nested: identity.nesting }, known, this.deps.allow);
    const common = { spec, cursor, lag, types: [...types.keys()], messages };
    if (start.plan !== undefined) {
      const { index } = await loadPlan(store, spec.archive, start.plan);
      return { id, reader: await openReader(this.deps, { ...common, index }), known, previous };
    }
    const found = await findMarks(store, spec, cursor, previous);
    // Decompressed files of the previous flush, which is committed.
    if (found !== undefined)
      await rm(this.deps.workplace.spoolDir(spoolKey(found.spec)), { recursive: true, force: true });
    const reader = await openReader(this.deps, {
      ...common,
      ...(found === undefined ? {} : { marks: found.marks }),
      ...(await passedLedgers(archive, types, found?.spec.range.end, cursor)),
    });
    return { id, reader, known, previous: found?.plan };
  }
}

/** What other runs committed between the last flush and the cursor. */
async function passedLedgers(
  archive: Archive,
  types: ReadonlyMap<string, TailedType>,
  flushed: number | undefined,
  cursor: number,
): Promise<Pick<MessageTailOptions, 'passed'>> {
  if (flushed === undefined || flushed + 1 >= cursor) return {};
  const range = { start: flushed + 1, end: cursor - 1 };
  return { passed: { after: flushed, messages: await committedMessages(archive, types.keys(), range) } };
}

/** The limit of the next flush, or the first ledger after `cursor` that some message type lacks. */
function roomFor(
  { spec, cursor, until = MAX_LEDGER }: Pick<CutRequest, 'spec' | 'cursor' | 'until'>,
  types: ReadonlyMap<string, Pick<TailedType, 'coverage' | 'last'>>,
): Room | number {
  const missing: string[] = [];
  const whole = { start: cursor, end: MAX_LEDGER };
  let last = Math.min(until, partitionAt(whole, spec.partitionSize, cursor)?.end ?? cursor);
  let skip = MAX_LEDGER;
  for (const [type, { coverage: intervals, last: edge }] of types) {
    const holds = intervals.find(({ start, end }) => start <= cursor && cursor <= end);
    const next = intervals.find(({ start }) => start > cursor);
    if (holds === undefined) missing.push(type);
    else skip = Math.min(skip, holds.end);
    last = Math.min(
      last,
      // A flush has one schema per type.
      edge,
      holds?.end ?? MAX_LEDGER,
      holds === undefined && next ? next.start - 1 : MAX_LEDGER,
    );
  }
  return missing.length === 0 && types.size > 0 ? skip + 1 : { missing, last };
}

/** Plans a flush; undefined when another run changed a schema so that the source must be read again. */
async function flush(parts: {
  readonly request: CutRequest;
  readonly store: ObjectStore;
  readonly archive: Archive;
  readonly kept: Kept;
  readonly view: TailView;
  readonly room: Room;
  readonly cut: Cut;
  readonly types: ReadonlyMap<string, TailedType>;
  readonly signal: AbortSignal;
  /** What the limits of all workers add to the task. */
  readonly added: ReturnType<typeof limitsOf>;
}): Promise<CutResult | undefined> {
  const { request, store, kept, view, room, cut, types } = parts;
  const { spec, cursor } = request;
  const range: LedgerRange = { start: cursor, end: cut.end };
  const planned =
    request.start.plan === undefined
      ? await planMessages({ ...parts, range })
      : await planLake(store, request, request.start.plan, types);
  if (planned === undefined) return undefined;
  const datasets = planned.datasets.filter((dataset) => {
    const { messageType } = parseDataset(dataset);
    return !types.has(messageType) || room.missing.includes(messageType);
  });
  const { reader } = kept;
  let aside = { late: 0, unusable: 0 };
  if (reader instanceof MessageTail) {
    aside = await keepRejects(store, reader.rejects, spec.maxRejects);
    await store.replace(noteKey(spec), Buffer.from(JSON.stringify({ plan: planned.plan })));
  }
  // No message of any type, and no type that the tail must have: there is nothing to commit.
  if (datasets.length === 0) return { kind: 'skip', cursor: cut.end + 1 };
  const closeTime = view.facts.findLast(
    (fact) => fact.ledger <= cut.end && fact.closeTimeMicros !== undefined,
  )?.closeTimeMicros;
  return {
    kind: 'flush',
    plan: planned.plan,
    task: {
      key: String(cursor).padStart(10, '0'),
      range,
      datasets,
      reason: cut.reason,
      ...parts.added,
    },
    reason: cut.reason,
    ...(closeTime === undefined ? {} : { closedAt: isoTime(closeTime) }),
    ...tipOf(view),
    ...aside,
    bytes: bytesOf(view.facts, range),
  };
}

function tipOf({ tip }: TailView): { tip?: SourceTip } {
  if (tip === undefined) return {};
  const { ledger, closeTimeMicros } = tip;
  return {
    tip: { ledger, ...(closeTimeMicros === undefined ? {} : { closedAt: isoTime(closeTimeMicros) }) },
  };
}

function isoTime(micros: number): string {
  return new Date(Math.floor(micros / 1000)).toISOString();
}

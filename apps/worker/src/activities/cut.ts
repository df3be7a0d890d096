import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Archive } from '@parquetry/archive';
import { type Intervals, type LedgerRange, MAX_LEDGER, type Reject, partitionAt } from '@parquetry/core';
import { type Cut, MessageTail, type TailReader, type TailView, decideCut } from '@parquetry/source';
import { type ObjectStore, openStore } from '@parquetry/storage';
import type { CutRequest, CutResult, SourceTip } from '@parquetry/workflows';
import { Context } from '@temporalio/activity';
import type { WorkerDeps } from '../deps';
import { withHeartbeat } from '../heartbeat';
import { loadPlan, spoolKey, storePlan } from '../plan/stored';
import { type FlushMarks, findMarks, noteKey, openReader, schemaStyle, tailCoverage } from './tailsource';

/** How long one call watches a source that gives no flush. */
const WATCH_MS = 60_000;

/** What coverage says of the next flush. */
interface Room {
  /** Datasets that lack the cursor's ledger. */
  readonly missing: readonly string[];
  /** Last ledger up to which that stays so. */
  readonly last: number;
}

/** A reader between two calls, with what it was opened for. */
interface Kept {
  readonly reader: TailReader;
  readonly previous: string | undefined;
}

/** The `cut` step of one worker; it keeps readers between calls, so that waiting reads nothing twice. */
export class Cutter {
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
      const coverage = await tailCoverage(archive, spec);
      const room = roomFor(request, coverage);
      if (typeof room === 'number') return { kind: 'skip', cursor: room };
      const id = JSON.stringify([spec.archive, spec.source, spec.types ?? null, cursor, request.lag]);
      // Taken while it is in use: a call that was given up may still be at work beside its successor.
      const { reader, previous } = this.take(id) ?? (await this.open(store, archive, request, coverage));
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
        const cut = decideCut(cursor, view.closed, view.facts, { ...policy, layout, last: room.last, aged });
        if (cut !== undefined)
          return flush({ request, store, reader, previous, view, room, cut, coverage, signal });
        if (view.more) continue;
        if (Date.now() >= until) {
          this.kept.set(id, { reader, previous });
          return { kind: 'wait', ...(since === undefined ? {} : { since }), ...tipOf(view) };
        }
        const pause = Math.min(request.pollSeconds * 1000, Math.max(10, (due ?? Infinity) - Date.now()));
        await sleep(pause, undefined, { signal });
      }
    });
  }

  private take(id: string): Kept | undefined {
    const found = this.kept.get(id);
    this.kept.clear();
    return found;
  }

  private async open(
    store: ObjectStore,
    archive: Archive,
    { spec, start, cursor, lag, previous }: CutRequest,
    coverage: ReadonlyMap<string, Intervals>,
  ): Promise<Kept> {
    const common = {
      spec,
      cursor,
      lag,
      datasets: [...coverage.keys()],
      style: schemaStyle(archive.identity),
      nesting: archive.identity.nesting,
    };
    if (start.plan !== undefined) {
      const { index } = await loadPlan(store, spec.archive, start.plan);
      return { reader: await openReader(this.deps, store, { ...common, index }), previous };
    }
    const found = await findMarks(store, spec, cursor, previous);
    // Decompressed files of the flush before, which is committed.
    if (found !== undefined)
      await rm(this.deps.workplace.spoolDir(spoolKey(found.spec)), { recursive: true, force: true });
    const reader = await openReader(this.deps, store, {
      ...common,
      ...(found === undefined ? {} : { marks: found.marks }),
    });
    return { reader, previous: found?.plan };
  }
}

/** Where the next flush may reach, or the first ledger after `cursor` that some dataset lacks. */
export function roomFor(
  { spec, cursor, until = MAX_LEDGER }: Pick<CutRequest, 'spec' | 'cursor' | 'until'>,
  coverage: ReadonlyMap<string, Intervals>,
): Room | number {
  const missing: string[] = [];
  const whole = { start: cursor, end: MAX_LEDGER };
  let last = Math.min(until, partitionAt(whole, spec.partitionSize, cursor)?.end ?? cursor);
  let skip = MAX_LEDGER;
  for (const [dataset, intervals] of coverage) {
    const holds = intervals.find(({ start, end }) => start <= cursor && cursor <= end);
    const next = intervals.find(({ start }) => start > cursor);
    if (holds === undefined) missing.push(dataset);
    else skip = Math.min(skip, holds.end);
    last = Math.min(
      last,
      holds?.end ?? MAX_LEDGER,
      holds === undefined && next ? next.start - 1 : MAX_LEDGER,
    );
  }
  return missing.length === 0 && coverage.size > 0 ? skip + 1 : { missing, last };
}

async function flush(parts: {
  readonly request: CutRequest;
  readonly store: ObjectStore;
  readonly reader: TailReader;
  readonly previous: string | undefined;
  readonly view: TailView;
  readonly room: Room;
  readonly cut: Cut;
  readonly coverage: ReadonlyMap<string, Intervals>;
  readonly signal: AbortSignal;
}): Promise<CutResult> {
  const { request, store, reader, view, room, cut, coverage } = parts;
  const { spec, start, cursor } = request;
  const range: LedgerRange = { start: cursor, end: cut.end };
  let plan = start.plan;
  let datasets = room.missing;
  let late = 0;
  let unusable = 0;
  if (plan === undefined) {
    const found = await reader.index(range, parts.signal);
    const data: FlushMarks = {
      ...(found.data as FlushMarks),
      ...(parts.previous === undefined ? {} : { previous: parts.previous }),
    };
    plan = await storePlan(store, {
      format: 1,
      spec: { ...spec, range },
      network: start.network,
      index: { ...found, data },
    });
    datasets = found.datasets
      .map(({ dataset }) => dataset)
      .filter((name) => !coverage.has(name) || room.missing.includes(name));
    if (reader instanceof MessageTail) {
      late = await keepRejects(store, 'late', reader.rejects.late);
      unusable = await keepRejects(store, 'runs', reader.rejects.unusable);
    }
    await store.replace(noteKey(spec), Buffer.from(JSON.stringify({ plan })));
  }
  const closeTime = view.facts.findLast(
    (fact) => fact.ledger <= cut.end && fact.closeTimeMicros !== undefined,
  )?.closeTimeMicros;
  return {
    kind: 'flush',
    plan,
    task: { key: String(cursor).padStart(10, '0'), range, datasets, reason: cut.reason },
    reason: cut.reason,
    ...(closeTime === undefined ? {} : { closedAt: isoTime(closeTime) }),
    ...tipOf(view),
    late,
    unusable,
  };
}

/** Keeps messages that no flush has, under their content's hash: a step that is repeated writes them once. */
async function keepRejects(store: ObjectStore, folder: string, rejects: readonly Reject[]): Promise<number> {
  if (rejects.length === 0) return 0;
  const body = Buffer.from(rejects.map((reject) => `${JSON.stringify(reject)}\n`).join(''));
  const name = createHash('sha256').update(body).digest('hex').slice(0, 32);
  await store.putIfAbsent(`_parquetry/rejects/${folder}/${name}.ndjson`, body);
  return rejects.length;
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

import { META_FOLDER, whenAbsent } from '@parquetry/archive';
import { type Intervals, type LedgerRange, addInterval, subtractIntervals } from '@parquetry/core';
import type { ObjectStore } from '@parquetry/storage';

/** The parts of a stored run plan that the audit reads. */
export interface KeptPlan {
  readonly key: string;
  readonly size: number;
  /** Unix milliseconds. */
  readonly modified: number;
  readonly range: LedgerRange;
  readonly datasets: readonly string[];
  /** The spec of the run; it can start the same run again. */
  readonly spec: unknown;
  /** Whether the run replaces what is committed. */
  readonly replaces: boolean;
  /** For a plan that all flushes of a tail use: the source and the datasets of the tail. */
  readonly tail?: string;
}

interface PlanHead {
  readonly spec: {
    readonly range: LedgerRange;
    readonly mode?: string;
    readonly source: { readonly uri: string };
  };
  readonly index: { readonly datasets: readonly { readonly dataset: string }[] };
  readonly tail?: boolean;
}

/** The plans of all runs, oldest first. Reads one plan at a time and keeps only small parts of it. */
export async function keptPlans(store: ObjectStore): Promise<KeptPlan[]> {
  const plans: KeptPlan[] = [];
  for await (const { key, size, modified } of store.list(`${META_FOLDER}/runs/`)) {
    if (!key.endsWith('.json')) continue;
    const { spec, index, tail } = JSON.parse(Buffer.from(await store.get(key)).toString('utf8')) as PlanHead;
    const { range, mode, source } = spec;
    const datasets = index.datasets.map(({ dataset }) => dataset);
    plans.push({
      ...{ key, size, modified, range, datasets, spec, replaces: mode === 'replace' },
      ...(tail === true ? { tail: JSON.stringify([source.uri, datasets]) } : {}),
    });
  }
  return plans.sort((a, b) => a.modified - b.modified || (a.key < b.key ? -1 : 1));
}

/** The ledgers that plans request, per dataset. A requested ledger that is not covered is a gap, also at the ends. */
export function requestedLedgers(plans: readonly KeptPlan[]): Map<string, Intervals> {
  const requested = new Map<string, LedgerRange[]>();
  for (const plan of plans) addRequest(requested, plan);
  return requested;
}

function addRequest(requested: Map<string, LedgerRange[]>, { datasets, range }: KeptPlan): void {
  for (const dataset of datasets) {
    const ranges = requested.get(dataset) ?? [];
    addInterval(ranges, range);
    requested.set(dataset, ranges);
  }
}

/** The plans of the last flush of each tail of messages; the next flush continues where it ended. */
export async function flushedPlans(store: ObjectStore): Promise<Set<string>> {
  const plans = new Set<string>();
  for await (const { key } of store.list(`${META_FOLDER}/tails/`)) {
    const bytes = await store.get(key).catch(whenAbsent);
    if (bytes === undefined) continue;
    const { plan } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { plan?: string };
    if (plan !== undefined) plans.add(plan);
  }
  return plans;
}

/**
 * Superseded plans: newer ones request all of their ledgers, and all of these are committed. A waiting run may still use
 * its plan then, so a plan of a run that replaces is superseded only by those of others that replace, and the plan of a
 * tail only by a newer one of the same tail: one tail of a source runs at a time.
 * @param flushed see `flushedPlans`; these stay
 */
export function supersededPlans(
  plans: readonly KeptPlan[],
  coverage: ReadonlyMap<string, Intervals>,
  flushed: ReadonlySet<string>,
): KeptPlan[] {
  // What the newer plans request: of any run, and of those that replace.
  const [byAny, byReplacing] = [new Map<string, LedgerRange[]>(), new Map<string, LedgerRange[]>()];
  const tails = new Set<string>();
  const superseded: KeptPlan[] = [];
  for (const plan of [...plans].reverse()) {
    const { key, datasets, range, replaces, tail } = plan;
    const requested = replaces ? byReplacing : byAny;
    const isDone = datasets.every((dataset) =>
      [requested, coverage].every((known) => subtractIntervals(range, known.get(dataset) ?? []).length === 0),
    );
    if (isDone && !flushed.has(key) && (tail === undefined || tails.has(tail))) superseded.push(plan);
    if (tail !== undefined) tails.add(tail);
    addRequest(byAny, plan);
    if (replaces) addRequest(byReplacing, plan);
  }
  return superseded.reverse();
}

/** The newest plan that requested a gap of a dataset; it names the source to fill the gap from. */
export function planFor(plans: readonly KeptPlan[], dataset: string, gap: LedgerRange): KeptPlan | undefined {
  return plans.findLast(
    ({ datasets, range }) => datasets.includes(dataset) && range.start <= gap.start && gap.end <= range.end,
  );
}

import { META_FOLDER } from '@parquetry/archive';
import { type Intervals, type LedgerRange, mergeIntervals, subtractIntervals } from '@parquetry/core';
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
}

interface PlanHead {
  readonly spec: { readonly range: LedgerRange };
  readonly index: { readonly datasets: readonly { readonly dataset: string }[] };
}

/** The plans of all runs, oldest first. Reads one plan at a time and keeps only small parts of it. */
export async function keptPlans(store: ObjectStore): Promise<KeptPlan[]> {
  const plans: KeptPlan[] = [];
  for await (const { key, size, modified } of store.list(`${META_FOLDER}/runs/`)) {
    if (!key.endsWith('.json')) continue;
    const { spec, index } = JSON.parse(Buffer.from(await store.get(key)).toString('utf8')) as PlanHead;
    const datasets = index.datasets.map(({ dataset }) => dataset);
    plans.push({ key, size, modified, range: spec.range, datasets, spec });
  }
  return plans.sort((a, b) => a.modified - b.modified || (a.key < b.key ? -1 : 1));
}

/** The ledgers that plans request, per dataset. A requested ledger that is not covered is a gap, also at the ends. */
export function requestedLedgers(plans: readonly KeptPlan[]): Map<string, Intervals> {
  const requested = new Map<string, LedgerRange[]>();
  for (const { datasets, range } of plans)
    for (const dataset of datasets) requested.set(dataset, [...(requested.get(dataset) ?? []), range]);
  return new Map([...requested].map(([dataset, ranges]) => [dataset, mergeIntervals(ranges)]));
}

/** Superseded plans: newer ones request all of their ledgers, and all of these are committed. */
export function supersededPlans(
  plans: readonly KeptPlan[],
  coverage: ReadonlyMap<string, Intervals>,
): KeptPlan[] {
  return plans.filter(({ datasets, range }, index) => {
    const newer = requestedLedgers(plans.slice(index + 1));
    return datasets.every((dataset) =>
      [newer, coverage].every((known) => subtractIntervals(range, known.get(dataset) ?? []).length === 0),
    );
  });
}

/** The newest plan that requested a gap of a dataset; it names the source to fill the gap from. */
export function planFor(plans: readonly KeptPlan[], dataset: string, gap: LedgerRange): KeptPlan | undefined {
  return plans.findLast(
    ({ datasets, range }) => datasets.includes(dataset) && range.start <= gap.start && gap.end <= range.end,
  );
}

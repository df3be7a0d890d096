import { META_FOLDER } from '@parquetry/archive';
import { type Intervals, type LedgerRange, mergeIntervals, subtractIntervals } from '@parquetry/core';
import type { ObjectStore } from '@parquetry/storage';

/** A run's plan as the archive keeps it; what the audit reads of it. */
export interface KeptPlan {
  readonly key: string;
  readonly size: number;
  /** Unix milliseconds. */
  readonly modified: number;
  readonly range: LedgerRange;
  readonly datasets: readonly string[];
  /** What the run was asked for: starts the same run again. */
  readonly spec: unknown;
}

interface PlanHead {
  readonly spec: { readonly range: LedgerRange };
  readonly index: { readonly datasets: readonly { readonly dataset: string }[] };
}

/** The plans of all runs, oldest first. One plan is in memory at a time; what is kept of it is small. */
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

/** The ledgers that plans ask for, per dataset. What was asked and is not covered is a gap, also at the ends. */
export function askedLedgers(plans: readonly KeptPlan[]): Map<string, Intervals> {
  const asked = new Map<string, LedgerRange[]>();
  for (const { datasets, range } of plans)
    for (const dataset of datasets) asked.set(dataset, [...(asked.get(dataset) ?? []), range]);
  return new Map([...asked].map(([dataset, ranges]) => [dataset, mergeIntervals(ranges)]));
}

/** Plans of which nothing would be missed: newer ones ask for all of their ledgers, and all of them are committed. */
export function supersededPlans(
  plans: readonly KeptPlan[],
  coverage: ReadonlyMap<string, Intervals>,
): KeptPlan[] {
  return plans.filter(({ datasets, range }, index) => {
    const newer = askedLedgers(plans.slice(index + 1));
    return datasets.every((dataset) =>
      [newer, coverage].every((known) => subtractIntervals(range, known.get(dataset) ?? []).length === 0),
    );
  });
}

/** The newest plan that asked for a gap of a dataset: it says from which source to fill it. */
export function planFor(plans: readonly KeptPlan[], dataset: string, gap: LedgerRange): KeptPlan | undefined {
  return plans.findLast(
    ({ datasets, range }) => datasets.includes(dataset) && range.start <= gap.start && gap.end <= range.end,
  );
}

import { META_FOLDER } from '@parquetry/archive';
import { type Intervals, type LedgerRange, mergeIntervals } from '@parquetry/core';
import type { ObjectStore } from '@parquetry/storage';

/** The parts of a stored plan that say what a run was asked for. */
interface PlanHead {
  readonly spec: { readonly range: LedgerRange };
  readonly index: { readonly datasets: readonly { readonly dataset: string }[] };
}

/**
 * The ledgers that runs were asked to bring, per dataset, from the plans kept in the archive. What was asked and is not
 * covered is a gap, also at the ends, where coverage alone can't show one.
 */
export async function askedLedgers(store: ObjectStore): Promise<ReadonlyMap<string, Intervals>> {
  const asked = new Map<string, LedgerRange[]>();
  for await (const { key } of store.list(`${META_FOLDER}/runs/`)) {
    if (!key.endsWith('.json')) continue;
    const plan = JSON.parse(Buffer.from(await store.get(key)).toString('utf8')) as PlanHead;
    for (const { dataset } of plan.index.datasets)
      asked.set(dataset, [...(asked.get(dataset) ?? []), plan.spec.range]);
  }
  return new Map([...asked].map(([dataset, ranges]) => [dataset, mergeIntervals(ranges)]));
}

import { type KeptPlan, planFor } from '@parquetry/audit';
import { type LedgerRange, formatRange } from '@parquetry/core';
import type { PartitionData, WorkItem } from './data';

/** Gaps and parked partitions that are listed. */
const MAX_ITEMS = 200;

/** A gap of some datasets, and the plan of the run that requested it. */
interface Gap {
  readonly range: LedgerRange;
  readonly datasets: readonly string[];
  /** Absent when no plan of the archive has the gap: its source is unknown. */
  readonly plan?: KeptPlan;
}

/** Makes the commands of a report. */
export interface Commands {
  /** A command that fills a gap. */
  readonly fill: (gap: Gap) => string;
  /** A command that runs a parked partition again. */
  readonly retry: (partition: PartitionData) => string;
}

/** What is left to do: parked partitions, then gaps in ledger order. Gaps with the same ledgers are one item. */
export function workOf(
  gaps: ReadonlyMap<string, readonly LedgerRange[]>,
  plans: readonly KeptPlan[],
  active: readonly PartitionData[],
  commands: Commands,
): { readonly items: readonly WorkItem[]; readonly more: number } {
  const parked = active.filter(({ state }) => state === 'parked');
  const groups = new Map<string, Gap>();
  for (const [dataset, ranges] of gaps)
    for (const range of ranges) {
      const plan = planFor(plans, dataset, range);
      const id = `${plan?.key ?? ''} ${formatRange(range)}`;
      const { datasets = [] } = groups.get(id) ?? {};
      groups.set(id, { range, datasets: [...datasets, dataset], ...(plan === undefined ? {} : { plan }) });
    }
  const open = [...groups.values()].sort(
    (a, b) => a.range.start - b.range.start || a.range.end - b.range.end,
  );
  const items = [
    ...parked.slice(0, MAX_ITEMS).map((partition) => parkedItem(partition, commands)),
    ...open.slice(0, Math.max(0, MAX_ITEMS - parked.length)).map((gap) => gapItem(gap, commands)),
  ];
  return { items, more: parked.length + open.length - items.length };
}

function parkedItem(partition: PartitionData, { retry }: Commands): WorkItem {
  const { id, range, datasets, reason } = partition;
  return {
    kind: 'parked',
    range,
    datasets,
    command: retry(partition),
    ...(reason === undefined ? {} : { note: reason }),
    workflow: id,
  };
}

function gapItem(gap: Gap, { fill }: Commands): WorkItem {
  const { range, datasets, plan } = gap;
  return {
    kind: 'gap',
    range,
    datasets,
    command: fill(gap),
    ...(plan === undefined
      ? { note: 'No run that requested these ledgers is recorded: replace SOURCE by their source.' }
      : {}),
  };
}

import type { DatasetData } from './data';

/** Requested ledgers of a dataset that are not committed. */
export function missingOf({ ledgers }: Pick<DatasetData, 'ledgers'>): number {
  return ledgers.gap + ledgers.waiting + ledgers.running + ledgers.parked;
}

/** The share of the requested ledgers that are committed, as text: `100 %` only when none is missing. */
export function shareOf(dataset: Pick<DatasetData, 'wanted' | 'ledgers'>): string {
  const missing = missingOf(dataset);
  if (dataset.wanted === 0) return '–';
  if (missing === 0) return '100 %';
  return `${Math.min(99.9, Math.floor((1000 * (dataset.wanted - missing)) / dataset.wanted) / 10).toFixed(1)} %`;
}

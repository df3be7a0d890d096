import type { DatasetFailure } from './contract/types';

/** Merges failures that differ only in their dataset, with the names joined: a pull fails for all datasets. */
export function joinFailures(failures: readonly DatasetFailure[]): DatasetFailure[] {
  const joined = new Map<string, DatasetFailure>();
  for (const failure of failures) {
    const key = `${failure.step} ${failure.code} ${failure.message}`;
    const known = joined.get(key);
    const dataset = known === undefined ? failure.dataset : `${known.dataset}, ${failure.dataset}`;
    joined.set(key, { ...failure, dataset });
  }
  return [...joined.values()];
}

/** One line for lists: `contract_data: pull LEDGER_MISSING: Ledger 63092985 is missing…`. */
export function failureLine(failure: DatasetFailure): string {
  return `${failure.dataset}: ${failure.step} ${failure.code}: ${failure.message}`;
}

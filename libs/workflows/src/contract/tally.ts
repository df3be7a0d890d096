import type { DatasetTally, Tally } from './types';

/** No work. */
export const EMPTY_TALLY: Tally = { ledgers: 0, rows: 0, files: 0, bytes: 0, rejected: 0, bytesRead: 0 };

/** Datasets that are counted separately; bounds the state and the history of a run. */
const MAX_DATASETS = 100;

/** Sum of two tallies. */
export function addTally(a: Tally, b: Partial<Tally>): Tally {
  const datasets = addDatasets(a.datasets, b.datasets);
  return {
    ...addCounts(a, b),
    ledgers: a.ledgers + (b.ledgers ?? 0),
    bytesRead: a.bytesRead + (b.bytesRead ?? 0),
    ...(datasets === undefined ? {} : { datasets }),
  };
}

/** The tally of what was committed of one dataset. */
export function datasetTally(dataset: string, counts: DatasetTally): Partial<Tally> {
  return { ...counts, datasets: { [dataset]: counts } };
}

function addDatasets(a: Tally['datasets'], b: Tally['datasets']): Tally['datasets'] {
  if (a === undefined || b === undefined) return a ?? b;
  const sum = new Map(Object.entries(a));
  for (const [dataset, counts] of Object.entries(b)) {
    const known = sum.get(dataset);
    if (known !== undefined) sum.set(dataset, addCounts(known, counts));
    else if (sum.size < MAX_DATASETS) sum.set(dataset, counts);
  }
  return Object.fromEntries(sum);
}

function addCounts(a: DatasetTally, b: Partial<DatasetTally>): DatasetTally {
  return {
    rows: a.rows + (b.rows ?? 0),
    files: a.files + (b.files ?? 0),
    bytes: a.bytes + (b.bytes ?? 0),
    rejected: a.rejected + (b.rejected ?? 0),
  };
}

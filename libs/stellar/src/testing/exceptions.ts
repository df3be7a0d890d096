import type { Lossless } from './golden';

/** A row of ours or of stellar-etl's, as JSON. */
export type JsonRow = Record<string, Lossless>;

/** A deviation on purpose: changes both rows so that only what it is about drops out; true when it applied. */
export interface Exception {
  readonly name: string;
  readonly apply: (ours: JsonRow, theirs: JsonRow) => boolean;
}

/** Applies the exceptions and counts those that applied, by name. */
export function applyExceptions(
  exceptions: readonly Exception[],
  counts: Map<string, number>,
  ours: JsonRow,
  theirs: JsonRow,
): void {
  for (const { name, apply } of exceptions)
    if (apply(ours, theirs)) counts.set(name, (counts.get(name) ?? 0) + 1);
}

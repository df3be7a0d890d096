import type { Tally } from './types';

/** No work. */
export const EMPTY_TALLY: Tally = { ledgers: 0, rows: 0, files: 0, bytes: 0, rejected: 0, bytesRead: 0 };

/** Sum of two tallies. */
export function addTally(a: Tally, b: Partial<Tally>): Tally {
  return {
    ledgers: a.ledgers + (b.ledgers ?? 0),
    rows: a.rows + (b.rows ?? 0),
    files: a.files + (b.files ?? 0),
    bytes: a.bytes + (b.bytes ?? 0),
    rejected: a.rejected + (b.rejected ?? 0),
    bytesRead: a.bytesRead + (b.bytesRead ?? 0),
  };
}

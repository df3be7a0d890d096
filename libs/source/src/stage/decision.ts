import { type Layout, type Reject, layoutFolder } from '@parquetry/core';
import type { MessageFault } from '../message';

/** What a pull did with one message, for `--debug`: a staged row, or a reject. */
export interface MessageDecision {
  readonly dataset: string;
  readonly ledger: number;
  /** Of a staged row, Unix microseconds. */
  readonly closeTimeMicros?: number;
  readonly reject?: Reject;
}

/** The fault of a row whose close time belongs to a different folder from its ledger's first row. */
export function folderConflict(
  layout: Layout,
  column: string,
  ledger: number,
  firstMicros: number,
  closeTimeMicros: number,
): MessageFault {
  const expected = layoutFolder(layout, ledger, firstMicros).path;
  const actual = layoutFolder(layout, ledger, closeTimeMicros).path;
  return {
    code: 'CLOSE_TIME_CONFLICT',
    reason: `The close time lies in ${actual}; the first message of ledger ${ledger} lies in ${expected}.`,
    column,
    expected,
    actual,
  };
}

import { ParquetryError, type Reject } from '@parquetry/core';

/** Text of rejects that is kept in memory until the flush that stores it. */
const MAX_REJECT_BYTES = 64 << 20;

/** The messages that no flush of a tail will have, until they are stored. */
export class TailRejects {
  /** Messages for ledgers before the first one: LATE_MESSAGE. */
  readonly late: Reject[] = [];
  /** Messages without a usable type or ledger. */
  readonly unusable: Reject[] = [];
  private bytes = 0;

  /** @throws ParquetryError REJECTS_EXCEEDED when they become too many to keep */
  keep(kind: 'late' | 'unusable', reject: Reject): void {
    this.bytes += (reject.raw ?? reject.raw_base64 ?? '').length + 200;
    if (this.bytes > MAX_REJECT_BYTES)
      throw new ParquetryError(
        'REJECTS_EXCEEDED',
        `The source has more than ${MAX_REJECT_BYTES} bytes of messages that belong to no flush; the last one is ${reject.position}: ${reject.reason}`,
        { hint: 'Say with --message-type, --ledger-path or --types how the messages are to be read.' },
      );
    this[kind].push(reject);
  }
}

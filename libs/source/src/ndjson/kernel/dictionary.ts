import type { PlainColumn } from '../../stage/plain/column';
import { SLACK } from './kernel';
import * as at from './layout';

/** Memory of the dictionaries of all columns; each gets a share within limits. */
const ALL_BYTES = 1 << 20;
const MIN_BYTES = 1 << 10;
/** Size of a dictionary's record, and of its values. */
const RECORD = 32;
const MAX_VALUES = 64 << 10;
/**
 * Maximum values of a dictionary: a power of two, so that a table of twice as many slots has a mask. Codes have 8 bits.
 * With more values, stages were smaller but not faster to read (decision 014).
 */
const MIN_CODES = 16;
const MAX_CODES = 256;
/** Bytes of a value's entry and its two slots, and the average bytes budgeted per value. */
const CODE_BYTES = 8;
const VALUE_BYTES = 64;

/** Divides the dictionary memory by the number of columns. */
export interface DictionaryShare {
  readonly codes: number;
  readonly valueBytes: number;
  /** Size of one dictionary including its record. */
  readonly bytes: number;
}

/** The share of each dictionary. */
export function dictionaryShare(columns: number): DictionaryShare {
  const each = Math.max(Math.floor(ALL_BYTES / Math.max(columns, 1) / 64) * 64, MIN_BYTES);
  const codes = Math.min(Math.max(2 ** Math.floor(Math.log2(each / VALUE_BYTES)), MIN_CODES), MAX_CODES);
  const valueBytes = Math.min(each - CODE_BYTES * codes, MAX_VALUES);
  return { codes, valueBytes, bytes: RECORD + CODE_BYTES * codes + valueBytes + SLACK };
}

/**
 * The values of a kernel column in the current part, each with a code. A dictionary with too many values is
 * abandoned for the rest of the pull; rows that were written keep their codes.
 */
export class Dictionary {
  private readonly table: number;
  private readonly values: number;
  private handedBytes = 0;
  private handed = 0;
  /** Whether it was abandoned because it had too many values. */
  crowded = false;

  /** A dictionary in the kernel's memory at `record`. */
  constructor(
    private readonly view: DataView,
    private readonly bytes: Uint8Array,
    readonly record: number,
    private readonly share: DictionaryShare,
  ) {
    const { codes, valueBytes } = share;
    this.table = record + RECORD;
    const places = this.table + 4 * codes;
    this.values = places + 4 * codes;
    view.setUint32(record + at.DICTIONARY_TABLE, this.table, true);
    view.setUint32(record + at.DICTIONARY_MASK, 2 * codes - 1, true);
    view.setUint32(record + at.DICTIONARY_PLACES, places, true);
    view.setUint32(record + at.DICTIONARY_BYTES, this.values, true);
    view.setUint32(record + at.DICTIONARY_ROOM, valueBytes, true);
    view.setUint32(record + at.DICTIONARY_LIMIT, codes, true);
  }

  /** Clears it for the next part. */
  clear(): void {
    const { view, record } = this;
    if (view.getUint32(record + at.DICTIONARY_COUNT, true) === 0) return;
    view.setUint32(record + at.DICTIONARY_USED, 0, true);
    view.setUint32(record + at.DICTIONARY_COUNT, 0, true);
    this.bytes.fill(0, this.table, this.table + 4 * this.share.codes);
    this.handed = this.handedBytes = 0;
  }

  /** Adds the values that are new since the last call to the column. */
  hand(column: PlainColumn): void {
    const { view, record, values } = this;
    const count = view.getUint32(record + at.DICTIONARY_COUNT, true);
    if (count === this.handed) return;
    const used = view.getUint32(record + at.DICTIONARY_USED, true);
    column.addEntries(this.bytes, values + this.handedBytes, values + used, count - this.handed);
    this.handed = count;
    this.handedBytes = used;
  }
}

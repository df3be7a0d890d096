import type { PlainColumn } from '../../stage/plain/column';
import { SLACK } from './kernel';
import * as at from './layout';

/** Memory of the dictionaries of all columns together; each gets a share in bounds. */
const ALL_BYTES = 1 << 20;
const MIN_BYTES = 1 << 10;
/** Bytes of a dictionary's record, and of its values. */
const RECORD = 32;
const MAX_VALUES = 64 << 10;
/**
 * Values of one dictionary: powers of two, so that a table of twice as many slots has a mask, and codes are of eight bits.
 * A stage with more of them was smaller and no faster to read (decision 014).
 */
const MIN_CODES = 16;
const MAX_CODES = 256;
/** Bytes of a value's place and of its two slots, and of all that a value is reckoned with. */
const CODE_BYTES = 8;
const VALUE_BYTES = 64;

/** How the dictionaries of so many columns share their memory. */
export interface DictionaryShare {
  readonly codes: number;
  readonly valueBytes: number;
  /** Bytes of one dictionary, record and all. */
  readonly bytes: number;
}

/** The share of each of so many dictionaries. */
export function dictionaryShare(columns: number): DictionaryShare {
  const each = Math.max(Math.floor(ALL_BYTES / Math.max(columns, 1) / 64) * 64, MIN_BYTES);
  const codes = Math.min(Math.max(2 ** Math.floor(Math.log2(each / VALUE_BYTES)), MIN_CODES), MAX_CODES);
  const valueBytes = Math.min(each - CODE_BYTES * codes, MAX_VALUES);
  return { codes, valueBytes, bytes: RECORD + CODE_BYTES * codes + valueBytes + SLACK };
}

/**
 * The values that a column of the kernel has had in the part at hand, each with a code. One whose values are too many is
 * given up for the rest of the pull; its rows so far keep their codes.
 */
export class Dictionary {
  private readonly table: number;
  private readonly values: number;
  private handedBytes = 0;
  private handed = 0;
  /** Whether its values turned out to be too many. */
  crowded = false;

  /** A dictionary that lies in the kernel's memory at `record`. */
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

  /** Begins anew, with the next part. */
  clear(): void {
    const { view, record } = this;
    if (view.getUint32(record + at.DICTIONARY_COUNT, true) === 0) return;
    view.setUint32(record + at.DICTIONARY_USED, 0, true);
    view.setUint32(record + at.DICTIONARY_COUNT, 0, true);
    this.bytes.fill(0, this.table, this.table + 4 * this.share.codes);
    this.handed = this.handedBytes = 0;
  }

  /** Gives the column the values that are new since the last call. */
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

import { createHash } from 'node:crypto';
import * as schema from '@parquetry/schema';
import type { NumberForm } from './numbers';
import { clearScratch, Copier, scratch, scratchForCopies, scratchUsed } from './scratch';

// Local copies: in CommonJS an imported name costs a lookup at each use.
const { sha256 } = schema;

/** Below this size, one call with a copy is cheaper than several calls. */
const COPIED_BYTES = 1 << 13;

/** The values of a part for the rows of one ledger, in the form in which they are hashed. */
export interface Form {
  /** Length of the path, path and tag. */
  readonly prefix: Buffer;
  readonly rows: number;
  /** A bit for each row, 1 if it has a value, the lowest first; undefined: all have one. The bits after them are undefined. */
  readonly bits: Uint8Array | undefined;
  readonly bytes: Buffer;
  /** Bytes of a value; 0: each follows its length. */
  readonly width: number;
  readonly number?: NumberForm | undefined;
  /** All values are known to be equal. */
  readonly constant: boolean;
}

/** What a ledger's rows have in one part: a column, or a member of a struct. */
export class LedgerValues {
  private starts: Uint32Array | undefined;

  constructor(readonly form: Form) {}

  /** Whether a row has a value. */
  has(row: number): boolean {
    const { bits } = this.form;
    return bits === undefined || (((bits[row >> 3] as number) >> (row & 7)) & 1) === 1;
  }

  /** Whether all values are known to be equal. */
  isConstant(): boolean {
    const { bytes, width, constant, number } = this.form;
    if (constant) return true;
    if (width === 0 || number !== undefined) return false;
    for (let at = width; at < bytes.length; at += 1) if (bytes[at] !== bytes[at - width]) return false;
    return true;
  }

  /** Where the value of each row begins, and the end of the last one. */
  offsets(): Uint32Array {
    if (this.starts !== undefined) return this.starts;
    const { rows, bytes, width } = this.form;
    const starts = new Uint32Array(rows + 1);
    let at = 0;
    for (let row = 0; row < rows; row += 1) {
      starts[row] = at;
      // A struct whose members are parts has no bytes.
      if (at === bytes.length || !this.has(row)) continue;
      at += width > 0 ? width : 4 + bytes.readUInt32LE(at);
    }
    starts[rows] = at;
    return (this.starts = starts);
  }

  /** The hash of the part with its rows in an order; undefined: as they are. */
  hash(order: Uint32Array | undefined): Buffer {
    const { prefix, rows, bytes: own, number } = this.form;
    const mark = scratchUsed();
    const bytes = order === undefined || this.isConstant() ? own : this.gathered(order);
    const headBytes = prefix.length + ((rows + 7) >> 3) + (number === undefined ? 0 : 2);
    const short = headBytes + bytes.length < COPIED_BYTES;
    const head = scratch(headBytes + (short ? bytes.length : 0));
    head.set(prefix);
    this.writeBits(head, prefix.length, order);
    if (number !== undefined) {
      head[headBytes - 2] = number.scale;
      head[headBytes - 1] = number.width;
    }
    if (short) head.set(bytes, headBytes);
    const digest = short ? sha256(head) : createHash('sha256').update(head).update(bytes).digest();
    clearScratch(mark);
    return digest;
  }

  /** Writes a bit for each row; the bits after the last one are 0. */
  private writeBits(head: Buffer, start: number, order: Uint32Array | undefined): void {
    const { bits, rows } = this.form;
    const end = start + ((rows + 7) >> 3);
    if (bits === undefined) head.fill(0xff, start, end);
    else if (order === undefined) head.set(bits.subarray(0, end - start), start);
    else {
      head.fill(0, start, end);
      for (let index = 0; index < rows; index += 1) {
        const at = start + (index >> 3);
        if (this.has(order[index] as number)) head[at] = (head[at] as number) | (1 << (index & 7));
      }
    }
    if ((rows & 7) !== 0) head[end - 1] = (head[end - 1] as number) & ((1 << (rows & 7)) - 1);
  }

  /** The values in an order of rows. */
  private gathered(order: Uint32Array): Buffer {
    const { rows, bytes } = this.form;
    const starts = this.offsets();
    const target = scratchForCopies(bytes.length);
    const copier = new Copier(bytes, target);
    for (let index = 0; index < rows; index += 1) {
      const at = starts[order[index] as number] as number;
      let row = order[index] as number;
      // Rows that follow each other in both orders are copied together.
      while (index + 1 < rows && order[index + 1] === row + 1) [row, index] = [row + 1, index + 1];
      copier.copy(at, starts[row + 1] as number);
    }
    return target.subarray(0, bytes.length);
  }
}

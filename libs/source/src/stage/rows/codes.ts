import type { RowValue } from '@parquetry/stellar';
import type { PlainColumn } from '../plain/column';
import { ByteBuffer } from '../plain/bytes';
import type { ValueWriter } from './nested';

/** Codes have eight bits. */
const MAX_CODES = 256;
/** Most bytes of the values of one dictionary. */
const MAX_BYTES = 64 << 10;

/**
 * The dictionary of a text column: the values of the part at hand, each with a code. A column with too many values is
 * given up for the rest of the pull; its rows so far keep their codes (as the line kernel's do, decision 014).
 */
export class TextCodes {
  private readonly codes = new Map<RowValue, number>();
  /** The values, each with its length before it, and where each one ends. */
  private readonly values = new ByteBuffer(1 << 10);
  private readonly sizes: number[] = [];
  /** The part of the stage that they belong to. */
  private part = 0;
  private crowded = false;

  constructor(
    private readonly column: PlainColumn,
    private readonly write: ValueWriter,
  ) {}

  /** Keeps a value as the next row of the column, in the stage's part number `part`. */
  keep(value: RowValue, part: number): void {
    const { column } = this;
    const code = this.crowded ? undefined : this.codeOf(value, part);
    if (code === undefined) {
      this.write(column.out, value);
      column.keep();
    } else column.keepCode(code, this.sizes[code] as number);
  }

  private codeOf(value: RowValue, part: number): number | undefined {
    if (part !== this.part) this.clear(part);
    const known = this.codes.get(value);
    if (known !== undefined) return known;
    const { values, sizes, column } = this;
    const start = values.length;
    this.write(values, value);
    if (sizes.length === MAX_CODES || values.length > MAX_BYTES) {
      this.crowded = true;
      this.codes.clear();
      values.release();
      return undefined;
    }
    const code = sizes.length;
    sizes.push(values.length - start);
    this.codes.set(value, code);
    column.addEntries(values.bytes, start, values.length, 1);
    return code;
  }

  private clear(part: number): void {
    this.part = part;
    this.codes.clear();
    this.values.length = 0;
    this.sizes.length = 0;
  }
}

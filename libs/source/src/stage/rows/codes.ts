import type { RowValue } from '@parquetry/stellar';
import type { PlainColumn } from '../plain/column';
import { ByteBuffer } from '../plain/bytes';
import type { ValueWriter } from './nested';

/** Codes are eight bits wide. */
const MAX_CODES = 256;
/** Maximum size of the values in one dictionary, bytes. */
const MAX_BYTES = 64 << 10;

/**
 * The dictionary of a text column: the values of the current part, each with a code. A column with too many values uses
 * no more codes for the rest of the pull; its earlier rows keep theirs (like those of the line kernel, decision 014).
 */
export class TextCodes {
  private readonly codes = new Map<RowValue, number>();
  /** The values, each after its length, and the size of each entry. */
  private readonly values = new ByteBuffer(1 << 10);
  private readonly sizes: number[] = [];
  /** The number of the part that the values belong to. */
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

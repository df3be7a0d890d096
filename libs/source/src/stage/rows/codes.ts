import type { RowValue } from '@parquetry/stellar';
import type { PlainColumn } from '../plain/column';
import { ByteBuffer } from '../plain/bytes';
import type { ValueWriter } from './nested';

/** Codes are eight bits wide. */
const MAX_CODES = 256;
/** Maximum size of the values in one dictionary, bytes. */
const MAX_BYTES = 64 << 10;

/**
 * Keeps the values of a text column: as codes of the values of the current part or, from the first part with too many
 * values on, as they are (like the columns of the line kernel, decision 014).
 */
export class TextCodes {
  private readonly codes = new Map<RowValue, number>();
  /** The values, each after its length, and by code the size of each entry and its measure. */
  private readonly values = new ByteBuffer(1 << 10);
  private readonly sizes: number[] = [];
  private readonly measures: number[] = [];
  private crowded = false;
  private last: RowValue = null;
  private lastCode = 0;

  /** `measure`: computes what `keep` returns from a value and its size in the PLAIN encoding. */
  constructor(
    private readonly column: PlainColumn,
    private readonly write: ValueWriter,
    private readonly measure: (value: RowValue, size: number) => number = (_, size) => size,
  ) {}

  /** Keeps a value as the next row of the column and returns its measure. */
  keep(value: RowValue): number {
    const { column, sizes } = this;
    if (this.crowded) return this.keepPlain(value);
    // A new part has no values yet.
    if (column.dictionarySize !== sizes.length) this.clear();
    const code = value === this.last ? this.lastCode : this.codeOf(value);
    if (code === undefined) return this.keepPlain(value);
    this.last = value;
    this.lastCode = code;
    column.keepCode(code, sizes[code] as number);
    return this.measures[code] as number;
  }

  private keepPlain(value: RowValue): number {
    const { out } = this.column;
    const start = out.length;
    this.write(out, value);
    const size = out.length - start;
    this.column.keep();
    return this.measure(value, size);
  }

  private codeOf(value: RowValue): number | undefined {
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
    const size = values.length - start;
    sizes.push(size);
    this.measures.push(this.measure(value, size));
    this.codes.set(value, code);
    column.addEntries(values.bytes, start, values.length, 1);
    return code;
  }

  private clear(): void {
    this.codes.clear();
    this.values.length = 0;
    this.sizes.length = 0;
    this.measures.length = 0;
    this.last = null;
  }
}

import { type ErrorCode, ParquetryError } from '@parquetry/core';

/** A compared property of a file, printable in errors and reports. */
export type Fact = string | number;

/** Checks of one file; each failure names the file, the property, and both values. */
export class Checker {
  constructor(readonly file: string) {}

  /**
   * @throws ParquetryError VERIFY_MISMATCH unless both are the same
   */
  same(what: string, expected: Fact | undefined, found: Fact | undefined): void {
    if (expected !== found) this.mismatch(what, expected, found);
  }

  /** @throws ParquetryError VERIFY_MISMATCH */
  mismatch(what: string, expected: Fact | undefined, found: Fact | undefined): never {
    throw fault('VERIFY_MISMATCH', this.file, what, expected, found);
  }

  /** @throws ParquetryError FILE_CORRUPT */
  corrupt(why: string, cause?: unknown): never {
    throw new ParquetryError('FILE_CORRUPT', `${this.file} can't be read as Parquet: ${clip(why)}.`, {
      details: { file: this.file, reason: clip(why) },
      hint: 'Rewrite the partition.',
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

/** The error for two facts that differ. */
function fault(
  code: ErrorCode,
  file: string,
  what: string,
  expected: Fact | undefined,
  found: Fact | undefined,
): ParquetryError {
  const [wanted, got] = [clip(expected ?? 'nothing'), clip(found ?? 'nothing')];
  return new ParquetryError(code, `${file}: ${what} is ${got}, expected ${wanted}.`, {
    details: { file, what, expected: wanted, found: got },
    hint: 'The file differs from what was written; rewrite the partition.',
  });
}

function clip(value: Fact): string {
  const text = String(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

import { type ErrorCode, ParquetryError } from '@parquetry/core';

/** A fact of a file that is compared: text in errors and reports. */
export type Fact = string | number;

/** Checks of one file; every failure names the file, what was compared, and both values. */
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
      hint: 'Write the partition again.',
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

/** The error for two facts that differ. */
export function fault(
  code: ErrorCode,
  file: string,
  what: string,
  expected: Fact | undefined,
  found: Fact | undefined,
): ParquetryError {
  const [wanted, got] = [clip(expected ?? 'nothing'), clip(found ?? 'nothing')];
  return new ParquetryError(code, `${file}: ${what} is ${got}, expected ${wanted}.`, {
    details: { file, what, expected: wanted, found: got },
    hint: 'The file is not what was written; write the partition again.',
  });
}

function clip(value: Fact): string {
  const text = String(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

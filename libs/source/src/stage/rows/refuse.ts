import { ParquetryError } from '@parquetry/core';
import type { RowValue } from '@parquetry/stellar';

/** @throws ParquetryError SCHEMA_CONFLICT: the column or member at `path`, of `type`, can't hold exactly this value */
export function refuse(path: string, type: string, value: RowValue | undefined): never {
  const actual =
    typeof value === 'object'
      ? value === null
        ? 'null'
        : Array.isArray(value)
          ? 'a list'
          : 'an object'
      : `${typeof value} ${String(value).slice(0, 60)}`;
  throw new ParquetryError('SCHEMA_CONFLICT', `${path} (${type}) can't hold exactly ${actual}.`, {
    details: { column: path, expected: type, actual },
    hint: 'The row was decoded by this program: report it with the ledger that it comes from.',
  });
}

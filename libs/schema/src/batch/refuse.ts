import { ParquetryError } from '@parquetry/core';
import type { CellValue } from './cell';

/** @throws ParquetryError SCHEMA_CONFLICT: a column of `type` can't hold exactly this value */
export function refuse(type: string, value: CellValue): never {
  const actual =
    typeof value === 'object' ? (Array.isArray(value) ? 'a list' : 'an object') : String(value).slice(0, 60);
  throw new ParquetryError(
    'SCHEMA_CONFLICT',
    `A column of ${type} can't hold exactly ${typeof value} ${actual}.`,
    {
      details: { expected: type, actual },
    },
  );
}

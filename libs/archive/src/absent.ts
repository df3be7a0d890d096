import { isParquetryError } from '@parquetry/core';

/** For `.catch` of a read: undefined when the object does not exist. Throws other errors. */
export function whenAbsent(error: unknown): undefined {
  if (isParquetryError(error) && error.code === 'OBJECT_NOT_FOUND') return undefined;
  throw error;
}

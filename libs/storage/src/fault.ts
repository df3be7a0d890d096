import { isParquetryError, ParquetryError, systemErrorCode } from '@parquetry/core';

/** Converts a system error of the local store to a coded one; a ParquetryError is returned unchanged. */
export function localFault(error: unknown, action: string, path: string): ParquetryError {
  if (isParquetryError(error)) return error;
  const system = systemErrorCode(error);
  const options = { cause: error, details: { path, system: system ?? null } };
  switch (system) {
    case 'ENOENT':
      return new ParquetryError(
        'OBJECT_NOT_FOUND',
        `Can't ${action} ${path}: there is no such object.`,
        options,
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new ParquetryError(
        'PERMISSION_DENIED',
        `Can't ${action} ${path}: permission denied (${system}).`,
        {
          ...options,
          hint: 'Grant the user of this process read and write access to the archive folder.',
        },
      );
    case 'ENOSPC':
    case 'EDQUOT':
      return new ParquetryError('STORAGE_FULL', `Can't ${action} ${path}: the disk is full (${system}).`, {
        ...options,
        hint: 'Free space on the archive disk; no partial object is visible.',
      });
    case 'ENOTDIR':
    case 'EISDIR':
      return new ParquetryError(
        'ARCHIVE_INVALID',
        `Can't ${action} ${path}: a file exists where a folder is needed, or the reverse.`,
        options,
      );
    case 'ENOTSUP':
    case 'EXDEV':
    case 'EMLINK':
      return new ParquetryError(
        'ARCHIVE_INVALID',
        `Can't ${action} ${path}: the file system has no hard links (${system}).`,
        {
          ...options,
          hint: 'Put the archive on a file system with hard links, for example ext4, xfs or APFS.',
        },
      );
    case 'ELOOP':
      return new ParquetryError('KEY_INVALID', `Can't ${action} ${path}: it is a symbolic link.`, options);
    case undefined:
    default:
      return new ParquetryError(
        'STORAGE_UNREACHABLE',
        `Can't ${action} ${path}: ${error instanceof Error ? error.message : String(error)}.`,
        options,
      );
  }
}

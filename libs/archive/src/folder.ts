import { messageTypeFault, ParquetryError } from '@parquetry/core';
import { assertKey } from '@parquetry/storage';

/** Why a string is not a valid dataset name: a message type, with `.v2`, `.v3`, … for later majors. */
export function datasetFault(name: string): string | undefined {
  return messageTypeFault(name.replace(/\.v([2-9]|[1-9]\d{1,3})$/, ''));
}

/** @throws ParquetryError MESSAGE_TYPE_INVALID */
export function assertDataset(name: string): void {
  const fault = datasetFault(name);
  if (fault !== undefined)
    throw new ParquetryError(
      'MESSAGE_TYPE_INVALID',
      `${JSON.stringify(name.slice(0, 140))} can't name a dataset: ${fault}.`,
    );
}

/**
 * The folder of a dataset below the archive's root. A prefix whose last part is the message type is the folder itself:
 * `lake/contract_data` holds `contract_data` directly, and `lake` would hold it in the same place.
 * @throws ParquetryError MESSAGE_TYPE_INVALID, KEY_INVALID
 */
export function datasetFolder(name: string, prefix = ''): string {
  assertDataset(name);
  const parts = prefix.split('/').filter((part) => part !== '');
  const folder = parts.at(-1) === name ? parts.join('/') : [...parts, name].join('/');
  assertKey(folder);
  return folder;
}

/** The partition values in the folders of a path: `year=2025/…`. */
export function folderValues(path: string): Readonly<Record<string, string>> {
  const folders = path.split('/').slice(0, -1);
  return Object.fromEntries(
    folders.flatMap((folder) => {
      const at = folder.indexOf('=');
      return at < 0 ? [] : [[folder.slice(0, at), folder.slice(at + 1)]];
    }),
  );
}

/** True for a path below a dataset's folder that some layout uses for data files. */
export function isDataPath(path: string): boolean {
  return path.endsWith('.parquet') && /^(year=|ledgers\/)/.test(path);
}

import { ParquetryError } from '@parquetry/core';
import { keyFault } from '@parquetry/storage';

/** The folder of the log below the table's folder. */
export const LOG_FOLDER = '_delta_log';

/** Name of the hint file that points to the newest checkpoint. */
export const LAST_CHECKPOINT = '_last_checkpoint';

const COMMIT = /^(\d{20})\.json$/;
const CHECKPOINT = /^(\d{20})\.checkpoint(?:\.(\d{10})\.(\d{10}))?\.parquet$/;

/** A version as in file names of the log: 20 digits. */
export function paddedVersion(version: number): string {
  return String(version).padStart(20, '0');
}

/** `00000000000000000007.json` */
export function commitName(version: number): string {
  return `${paddedVersion(version)}.json`;
}

/** `00000000000000000007.checkpoint.parquet` */
export function checkpointName(version: number): string {
  return `${paddedVersion(version)}.checkpoint.parquet`;
}

/** The kind of a file of the log; files that a reader of this protocol version ignores have none. */
export type LogFile =
  | { readonly kind: 'commit'; readonly version: number }
  | { readonly kind: 'checkpoint'; readonly version: number; readonly part: number; readonly parts: number };

/** Parses the name of a file of the log. */
export function parseLogName(name: string): LogFile | undefined {
  const commit = COMMIT.exec(name);
  if (commit !== null) return { kind: 'commit', version: Number(commit[1]) };
  const checkpoint = CHECKPOINT.exec(name);
  if (checkpoint === null) return undefined;
  const [, version, part, parts] = checkpoint;
  return { kind: 'checkpoint', version: Number(version), part: Number(part ?? 1), parts: Number(parts ?? 1) };
}

/** Percent-encodes a relative path for the log; `=` and the unreserved characters are not encoded. */
export function encodePath(path: string): string {
  return path
    .split('/')
    .map((part) => encodeURIComponent(part).replaceAll('%3D', '='))
    .join('/');
}

/**
 * Decodes the path of an action, relative to the table's folder.
 * @throws ParquetryError LOG_UNSUPPORTED for a file outside of the folder, LOG_CORRUPT
 */
export function decodePath(text: string): string {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(text) || text.startsWith('/'))
    throw new ParquetryError(
      'LOG_UNSUPPORTED',
      `The log references a file outside its table: ${text.slice(0, 200)}.`,
    );
  let path: string;
  try {
    path = decodeURIComponent(text);
  } catch (cause) {
    throw new ParquetryError(
      'LOG_CORRUPT',
      `The log contains a path that can't be decoded: ${text.slice(0, 200)}.`,
      {
        cause,
      },
    );
  }
  const fault = keyFault(path);
  if (fault !== undefined)
    throw new ParquetryError(
      'LOG_CORRUPT',
      `The log contains the path ${JSON.stringify(text.slice(0, 200))}: ${fault}.`,
    );
  return path;
}

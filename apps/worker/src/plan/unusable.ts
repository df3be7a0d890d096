import { createReadStream, existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { ParquetryError, type Reject, isParquetryError, systemErrorCode } from '@parquetry/core';
import { type ObjectStore, fileIdentity } from '@parquetry/storage';

/** Most rejects listed in an error. */
const NAMED = 3;
/** Errors of a source without storable messages. */
export const NOTHING_FOUND: readonly string[] = ['SOURCE_INVALID', 'MESSAGE_TYPE_UNKNOWN'];

/** File of the messages that belong to no partition. */
function unusableFile(workDir: string): string {
  return path.join(workDir, 'rejects.ndjson');
}

/** An error of a source without usable messages, with the reasons of the first rejects in `workDir`. */
export async function withReasons(error: unknown, workDir: string): Promise<unknown> {
  if (!isParquetryError(error) || !NOTHING_FOUND.includes(error.code)) return error;
  const reasons = await firstReasons(unusableFile(workDir));
  if (reasons.length === 0) return error;
  const { code, message, details, hint } = error;
  return new ParquetryError(code, `${message} First: ${reasons.join('; ')}`, {
    details: { ...details, reasons },
    ...(hint === undefined ? {} : { hint }),
    cause: error.cause,
  });
}

/** Such an error when its rejects are kept at `key`. */
export function withRejects(error: unknown, key: string | undefined): unknown {
  if (key === undefined || !isParquetryError(error)) return error;
  const { code, message, details, hint = '' } = error;
  return new ParquetryError(code, message, {
    details: { ...details, rejects: key },
    hint: `The rejects are kept with their reasons in ${key}. ${hint}`.trim(),
    cause: error.cause,
  });
}

/** Keeps the rejects of a run under their content's hash; undefined when it has none. */
export async function keepUnusable(
  store: ObjectStore,
  workDir: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const file = unusableFile(workDir);
  if (!existsSync(file)) return undefined;
  const identity = await fileIdentity(file, signal);
  const key = `_parquetry/rejects/runs/${identity.sha256.slice(0, 32)}.ndjson`;
  await store.uploadIfAbsent(key, file, { ...identity, signal });
  return key;
}

async function firstReasons(file: string): Promise<string[]> {
  const reasons: string[] = [];
  const input = createReadStream(file);
  try {
    for await (const line of createInterface({ input })) {
      const { position, code, reason } = JSON.parse(line) as Reject;
      reasons.push(`${position} ${code}: ${reason}`.slice(0, 400));
      if (reasons.length === NAMED) break;
    }
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  } finally {
    input.destroy();
  }
  return reasons;
}

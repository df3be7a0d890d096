import { createHash } from 'node:crypto';
import { ParquetryError } from '@parquetry/core';
import type { RejectList, TailRejects } from '@parquetry/source';
import type { ObjectStore } from '@parquetry/storage';

/**
 * Keeps the messages that are in no flush of a tail, with their reasons. Messages without a usable type or ledger count
 * towards the limit of rejects, because they may be expected rows. Late ones belong to committed ledgers and are only
 * reported.
 * @returns the count of each
 * @throws ParquetryError REJECTS_EXCEEDED, after they are kept
 */
export async function keepRejects(
  store: ObjectStore,
  { late, unusable }: TailRejects,
  maxRejects: number,
): Promise<{ late: number; unusable: number }> {
  await keep(store, 'late', late);
  const key = await keep(store, 'runs', unusable);
  if (unusable.count <= maxRejects) return { late: late.count, unusable: unusable.count };
  const named = unusable
    .first(3)
    .map(({ code, reason, position }) => `${position} ${code}: ${reason}`)
    .join('; ');
  throw new ParquetryError(
    'REJECTS_EXCEEDED',
    `${unusable.count} messages of the source have no usable type or ledger; ${maxRejects} are allowed per flush. First: ${named}`.slice(
      0,
      1500,
    ),
    {
      details: { unusable: unusable.count, maxRejects, rejects: key ?? null },
      hint: `They are kept with their reasons in ${key ?? 'the archive'}. Correct the source, or stop the tail and start it with --max-rejects ${unusable.count}.`,
    },
  );
}

/** The key of the rejects, derived from the hash of their content: a repeated step writes them once. */
async function keep(store: ObjectStore, folder: string, rejects: RejectList): Promise<string | undefined> {
  if (rejects.count === 0) return undefined;
  const body = Buffer.from(
    rejects
      .lines()
      .map((line) => `${line}\n`)
      .join(''),
  );
  const name = createHash('sha256').update(body).digest('hex').slice(0, 32);
  const key = `_parquetry/rejects/${folder}/${name}.ndjson`;
  await store.putIfAbsent(key, body);
  return key;
}

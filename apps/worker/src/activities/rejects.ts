import { createHash } from 'node:crypto';
import { ParquetryError, type Reject } from '@parquetry/core';
import type { ObjectStore } from '@parquetry/storage';

/**
 * Keeps the messages that no flush of a tail has, with their reasons, and holds those without a usable type or ledger to
 * the limit for rejects: they may be rows that somebody expects. Late ones were committed ledgers' and are only told.
 * @returns how many there are of each
 * @throws ParquetryError REJECTS_EXCEEDED, when they are kept
 */
export async function keepRejects(
  store: ObjectStore,
  { late, unusable }: { readonly late: readonly Reject[]; readonly unusable: readonly Reject[] },
  maxRejects: number,
): Promise<{ late: number; unusable: number }> {
  await keep(store, 'late', late);
  const key = await keep(store, 'runs', unusable);
  if (unusable.length <= maxRejects) return { late: late.length, unusable: unusable.length };
  const named = unusable
    .slice(0, 3)
    .map(({ code, reason, position }) => `${position} ${code}: ${reason}`)
    .join('; ');
  throw new ParquetryError(
    'REJECTS_EXCEEDED',
    `${unusable.length} messages of the source have no usable type or ledger, ${maxRejects} are allowed a flush. First: ${named}`.slice(
      0,
      1500,
    ),
    {
      details: { unusable: unusable.length, maxRejects, rejects: key ?? null },
      hint: `They are kept with their reasons in ${key ?? 'the archive'}. Mend the source; or stop the tail and start it with --max-rejects ${unusable.length}.`,
    },
  );
}

/** The key of the rejects, made of their content's hash: a step that is repeated writes them once. */
async function keep(
  store: ObjectStore,
  folder: string,
  rejects: readonly Reject[],
): Promise<string | undefined> {
  if (rejects.length === 0) return undefined;
  const body = Buffer.from(rejects.map((reject) => `${JSON.stringify(reject)}\n`).join(''));
  const name = createHash('sha256').update(body).digest('hex').slice(0, 32);
  const key = `_parquetry/rejects/${folder}/${name}.ndjson`;
  await store.putIfAbsent(key, body);
  return key;
}

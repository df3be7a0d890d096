import { setTimeout as sleep } from 'node:timers/promises';
import { type Archive, type Snapshot, whenAbsent } from '@parquetry/archive';
import { isParquetryError, ParquetryError } from '@parquetry/core';
import type { Location } from './location';
import { type CurrentTable, hintedIn, tableAt } from './table';

/** Attempts to replace the hint, and the pause after the first one. */
const MAX_ATTEMPTS = 50;
const PAUSE_MS = 10;

/**
 * Why metadata does not belong to the table: the archive was moved or copied, or its log was restored or replaced.
 * Undefined when it does.
 */
async function mismatch(
  archive: Archive,
  location: Location,
  { version, commit, metadata }: CurrentTable,
  snapshot: Snapshot,
): Promise<string | undefined> {
  if (!location.isPlaceOf(metadata))
    return `it was made at ${metadata.location}: the archive was moved or copied`;
  if (metadata['table-uuid'] !== snapshot.metaData?.id) return 'it belongs to another table';
  const committed = await archive.dataset(snapshot.dataset).commit(version);
  // Log cleanup may have removed the commit.
  const known = committed === undefined ? version <= snapshot.version : (committed.id ?? '') === commit;
  return known ? undefined : `it has version ${version} of a commit log that was restored or replaced since`;
}

/** @throws ParquetryError ICEBERG_CONFLICT when the metadata does not belong to the table */
export async function assertOurs(
  archive: Archive,
  location: Location,
  table: CurrentTable,
  snapshot: Snapshot,
): Promise<void> {
  const why = await mismatch(archive, location, table, snapshot);
  if (why !== undefined) throw conflict(location, why);
}

/** Whether there is metadata of a version, and it belongs to the table. */
export async function isOurs(
  archive: Archive,
  location: Location,
  version: number,
  snapshot: Snapshot,
): Promise<boolean> {
  try {
    const table = await tableAt(archive.store, location, version);
    return table !== undefined && (await mismatch(archive, location, table, snapshot)) === undefined;
  } catch (error) {
    if (isParquetryError(error) && error.code === 'ICEBERG_CONFLICT') return false;
    throw error;
  }
}

/** The error of a table that can't be continued. */
export function conflict(location: Location, why: string): ParquetryError {
  return new ParquetryError(
    'ICEBERG_CONFLICT',
    `The Iceberg table ${location.table} can't be continued: ${why}.`,
    {
      details: { table: location.table },
      hint: '`parquetry iceberg sync --rebuild` writes its metadata again; data files stay.',
    },
  );
}

/**
 * Lets the hint name the version of a snapshot, unless it names later metadata of the table. The hint is replaced only
 * while it is the one that was read, so a slow sync can't replace a newer one.
 */
export async function raiseHint(archive: Archive, location: Location, snapshot: Snapshot): Promise<void> {
  const { store } = archive;
  const bytes = Buffer.from(`${snapshot.version + 1}`);
  for (let attempt = 1; ; attempt++) {
    const was = await store.get(location.hint).catch(whenAbsent);
    const hinted = hintedIn(was);
    if (
      hinted !== undefined &&
      hinted >= snapshot.version &&
      (await isOurs(archive, location, hinted, snapshot))
    )
      return;
    const done =
      was === undefined
        ? (await store.putIfAbsent(location.hint, bytes)) === 'created'
        : await store.replaceIf(location.hint, was, bytes);
    if (done) return;
    if (attempt >= MAX_ATTEMPTS)
      throw new ParquetryError(
        'COMMIT_CONTENDED',
        `${location.hint} could not be replaced in ${MAX_ATTEMPTS} attempts: others replace it, or the store refuses the condition.`,
        {
          hint: 'Run `parquetry iceberg sync` again. The table is committed; only its Iceberg metadata is behind.',
        },
      );
    await sleep(Math.random() * PAUSE_MS * Math.min(attempt, 10));
  }
}

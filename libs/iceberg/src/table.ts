import { whenAbsent } from '@parquetry/archive';
import type { ObjectStore } from '@parquetry/storage';
import { decodeAvro } from './avro';
import type { Location } from './location';
import { deltaOf, parseMetadata, type TableMetadata } from './metadata';
import type { ManifestFile } from './manifestlist';

/** The newest metadata of a table that its hint names. */
export interface CurrentTable {
  /** Delta version. */
  readonly version: number;
  readonly commit: string;
  readonly metadata: TableMetadata;
}

/** The Delta version that the hint names; undefined when there is no Iceberg table. */
export async function hintedVersion(store: ObjectStore, { hint }: Location): Promise<number | undefined> {
  return hintedIn(await store.get(hint).catch(whenAbsent));
}

/** The Delta version that the bytes of a hint name. */
export function hintedIn(bytes: Uint8Array | undefined): number | undefined {
  const text = bytes === undefined ? '' : Buffer.from(bytes).toString('utf8').trim();
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) - 1 : undefined;
}

/**
 * The table's current metadata; undefined when there is none.
 * @throws ParquetryError ICEBERG_CONFLICT when another program wrote it
 */
export async function currentTable(
  store: ObjectStore,
  location: Location,
): Promise<CurrentTable | undefined> {
  const hinted = await hintedVersion(store, location);
  return hinted === undefined ? undefined : tableAt(store, location, hinted);
}

/** The metadata of one Delta version; undefined when there is none. @throws ParquetryError ICEBERG_CONFLICT */
export async function tableAt(
  store: ObjectStore,
  location: Location,
  version: number,
): Promise<CurrentTable | undefined> {
  const key = location.metadata(version);
  const bytes = await store.get(key).catch(whenAbsent);
  if (bytes === undefined) return undefined;
  const metadata = parseMetadata(Buffer.from(bytes).toString('utf8'), key);
  return { ...deltaOf(metadata), metadata };
}

/** The manifests of a snapshot's manifest list. */
export async function readList(store: ObjectStore, key: string): Promise<ManifestFile[]> {
  return decodeAvro<ManifestFile>(await store.get(key));
}

import { ParquetryError } from '@parquetry/core';

/** Where a key is in a configuration file; the line counts from 1. */
export interface Place {
  readonly file: string;
  readonly line?: number;
}

/** `parquetry.yaml:3` */
export function placeText({ file, line }: Place): string {
  return line === undefined ? file : `${file}:${line}`;
}

/** A value of a configuration file, with its key for error messages. */
export interface ConfigValue {
  readonly key: string;
  readonly value: unknown;
  readonly at: Place;
}

/** A setting from the reference program's keys. */
type ReferenceSetting = Omit<ConfigValue, 'at'> & { readonly name: string };

/**
 * Keys of the reference program's SaveToParquet consumer that have another name here. The other keys
 * (`compression`, `buffer_size`, `max_file_size_mb`, `rotation_interval_minutes`, `include_metadata`, `region`, `debug`,
 * `dry_run`) have the same name.
 */
export const REFERENCE_KEYS: readonly string[] = [
  'storage_type',
  'local_path',
  'bucket_name',
  'path_prefix',
  'partition_by',
  'ledgers_per_file',
  'schema_evolution',
];

/** Its storage types, with the required key of each. */
const STORAGES: Readonly<Record<string, { readonly needs: string; readonly scheme: string }>> = {
  FS: { needs: 'local_path', scheme: '' },
  GCS: { needs: 'bucket_name', scheme: 'gs://' },
  S3: { needs: 'bucket_name', scheme: 's3://' },
};

/**
 * Converts the reference program's keys to settings. Its folder or bucket is the archive, its `path_prefix` the prefix.
 * @throws ParquetryError CONFIG_INVALID
 */
export function* referenceSettings(
  at: (key: string) => Place,
  keys: ReadonlyMap<string, unknown>,
): Generator<ReferenceSetting> {
  const renamed = { path_prefix: 'prefix', partition_by: 'layout', ledgers_per_file: 'ledgers-per-folder' };
  for (const [key, name] of Object.entries(renamed))
    if (keys.has(key)) yield { name, key, value: keys.get(key) };
  yield* archive(at, keys);
  const key = 'schema_evolution';
  if (!keys.has(key)) return;
  const value = keys.get(key);
  if (typeof value !== 'boolean') throw invalid(at(key), `${key}: expected true or false.`);
  // Without schema evolution a schema is fixed: a value that does not fit fails the run and is not dropped.
  yield { name: 'contract-columns', key, value: value ? 'evolve' : 'freeze' };
  if (!value) yield { name: 'contract-types', key, value: 'freeze' };
}

function* archive(
  at: (key: string) => Place,
  keys: ReadonlyMap<string, unknown>,
): Generator<ReferenceSetting> {
  const type = keys.get('storage_type');
  if (type === undefined) {
    const lone = ['local_path', 'bucket_name'].find((key) => keys.has(key));
    if (lone !== undefined) throw invalid(at(lone), `${lone} needs storage_type: FS, GCS or S3.`);
    return;
  }
  const storage = typeof type === 'string' && Object.hasOwn(STORAGES, type) ? STORAGES[type] : undefined;
  if (storage === undefined)
    throw invalid(
      at('storage_type'),
      `storage_type: expected FS, GCS or S3, not ${JSON.stringify(String(type))}.`,
    );
  const place = keys.get(storage.needs);
  if (typeof place !== 'string' || place === '')
    throw invalid(at('storage_type'), `storage_type ${String(type)} needs ${storage.needs}.`);
  yield { name: 'archive', key: storage.needs, value: `${storage.scheme}${place}` };
}

/** CONFIG_INVALID about a configuration file. */
export function invalid(at: Place, why: string, hint?: string): ParquetryError {
  return new ParquetryError('CONFIG_INVALID', `The configuration ${placeText(at)}: ${why}`, {
    details: { ...at },
    ...(hint === undefined ? {} : { hint }),
  });
}

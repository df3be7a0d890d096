import { ParquetryError } from '@parquetry/core';
import type { Action, AddFile, DomainMetadata, MetaData, Protocol, RemoveFile, Txn } from './actions';
import { decodePath } from './paths';

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads the lines of a commit. Unknown members and actions are ignored, as the protocol requires; known ones are
 * validated.
 * @throws ParquetryError LOG_CORRUPT, LOG_UNSUPPORTED
 */
export function parseCommit(text: string, name: string): Action[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      throw new ParquetryError('LOG_CORRUPT', `Line ${index + 1} of ${name} is not JSON.`, { cause });
    }
    return parseAction(value, `line ${index + 1} of ${name}`) ?? [];
  });
}

/**
 * Reads one action from a commit's line or a checkpoint's row (where absent members are null).
 * @throws ParquetryError LOG_CORRUPT, LOG_UNSUPPORTED
 */
export function parseAction(value: unknown, where: string): Action | undefined {
  const row = object(value, where);
  if (present(row, 'add')) return { add: add(object(row['add'], where), where) };
  if (present(row, 'remove')) return { remove: remove(object(row['remove'], where), where) };
  if (present(row, 'metaData')) return { metaData: metaData(object(row['metaData'], where), where) };
  if (present(row, 'protocol')) return { protocol: protocol(object(row['protocol'], where), where) };
  if (present(row, 'txn')) return { txn: txn(object(row['txn'], where), where) };
  if (present(row, 'domainMetadata'))
    return { domainMetadata: domain(object(row['domainMetadata'], where), where) };
  if (present(row, 'commitInfo')) return { commitInfo: object(row['commitInfo'], where) };
  return undefined;
}

function add(row: Json, where: string): AddFile {
  if (present(row, 'deletionVector'))
    throw new ParquetryError('LOG_UNSUPPORTED', `The table uses deletion vectors (${where}).`);
  return {
    path: decodePath(text(row, 'path', where)),
    partitionValues: partitionValues(row, where),
    size: number(row, 'size', where),
    modificationTime: number(row, 'modificationTime', where),
    dataChange: row['dataChange'] === true,
    ...optional('stats', present(row, 'stats') ? text(row, 'stats', where) : undefined),
    ...optional('tags', present(row, 'tags') ? strings(row, 'tags', where) : undefined),
  };
}

function remove(row: Json, where: string): RemoveFile {
  return {
    path: decodePath(text(row, 'path', where)),
    dataChange: row['dataChange'] === true,
    ...optional(
      'deletionTimestamp',
      present(row, 'deletionTimestamp') ? number(row, 'deletionTimestamp', where) : undefined,
    ),
    ...optional('extendedFileMetadata', row['extendedFileMetadata'] === true ? true : undefined),
    ...optional('partitionValues', present(row, 'partitionValues') ? partitionValues(row, where) : undefined),
    ...optional('size', present(row, 'size') ? number(row, 'size', where) : undefined),
  };
}

function metaData(row: Json, where: string): MetaData {
  const format = present(row, 'format') ? object(row['format'], where) : {};
  return {
    id: text(row, 'id', where),
    ...optional('name', present(row, 'name') ? text(row, 'name', where) : undefined),
    ...optional('description', present(row, 'description') ? text(row, 'description', where) : undefined),
    format: {
      provider: present(format, 'provider') ? text(format, 'provider', where) : 'parquet',
      options: present(format, 'options') ? strings(format, 'options', where) : {},
    },
    schemaString: text(row, 'schemaString', where),
    partitionColumns: texts(row, 'partitionColumns', where),
    configuration: present(row, 'configuration') ? strings(row, 'configuration', where) : {},
    ...optional('createdTime', present(row, 'createdTime') ? number(row, 'createdTime', where) : undefined),
  };
}

function protocol(row: Json, where: string): Protocol {
  const features = (key: string): readonly string[] | undefined =>
    present(row, key) ? texts(row, key, where) : undefined;
  return {
    minReaderVersion: number(row, 'minReaderVersion', where),
    minWriterVersion: number(row, 'minWriterVersion', where),
    ...optional('readerFeatures', features('readerFeatures')),
    ...optional('writerFeatures', features('writerFeatures')),
  };
}

function txn(row: Json, where: string): Txn {
  return {
    appId: text(row, 'appId', where),
    version: number(row, 'version', where),
    ...optional('lastUpdated', present(row, 'lastUpdated') ? number(row, 'lastUpdated', where) : undefined),
  };
}

function domain(row: Json, where: string): DomainMetadata {
  const removed = row['removed'] === true;
  return {
    domain: text(row, 'domain', where),
    configuration: removed && !present(row, 'configuration') ? '' : text(row, 'configuration', where),
    removed,
  };
}

function present(row: Json, key: string): boolean {
  return Object.hasOwn(row, key) && row[key] !== null && row[key] !== undefined;
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: V });
}

function object(value: unknown, where: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw corrupt(where, 'an object', value);
}

function text(row: Json, key: string, where: string): string {
  const value = row[key];
  if (typeof value === 'string') return value;
  throw corrupt(where, `a string in "${key}"`, value);
}

/** Integers of a checkpoint are bigints; all integers in the log are within the safe range of JavaScript numbers. */
function number(row: Json, key: string, where: string): number {
  const value = typeof row[key] === 'bigint' ? Number(row[key]) : row[key];
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw corrupt(where, `a whole number in "${key}"`, value);
}

function texts(row: Json, key: string, where: string): string[] {
  const value = row[key];
  if (Array.isArray(value) && value.every((item): item is string => typeof item === 'string')) return value;
  throw corrupt(where, `a list of strings in "${key}"`, value);
}

function strings(row: Json, key: string, where: string): Record<string, string> {
  const entries = Object.entries(object(row[key], where)).filter(([, value]) => value !== null);
  if (entries.every((entry): entry is [string, string] => typeof entry[1] === 'string'))
    return Object.fromEntries(entries);
  throw corrupt(where, `strings in "${key}"`, row[key]);
}

function partitionValues(row: Json, where: string): Record<string, string | null> {
  const entries = Object.entries(object(row['partitionValues'] ?? {}, where));
  for (const [, value] of entries)
    if (value !== null && typeof value !== 'string')
      throw corrupt(where, 'strings in "partitionValues"', value);
  return Object.fromEntries(entries) as Record<string, string | null>;
}

function corrupt(where: string, expected: string, value: unknown): ParquetryError {
  return new ParquetryError('LOG_CORRUPT', `The commit log is damaged: expected ${expected} at ${where}.`, {
    details: { where, actual: typeof value },
    hint: 'Restore the file of the log from a backup; no data file was changed.',
  });
}

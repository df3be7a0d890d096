import { FIELD_ID_NAME } from '../columns';

const CLEAN_NAME = /^[A-Za-z0-9_-]{1,128}$/;
const MAX_NAME = 128;
/**
 * Reserved names: those of hive partition folders, where a column would clash with the folder's value in every reader,
 * and the name that DuckDB's COPY uses for a field's id.
 */
const RESERVED = ['year', 'month', 'day', 'hour', FIELD_ID_NAME];

/**
 * Names columns after message keys, reversibly: if a key differs from its column's name, the schema keeps it as
 * `Field.key`.
 *
 * Names are unique, ignoring case, and contain only letters, digits, `_` and `-`, which Parquet, Delta, Spark and
 * DuckDB all accept. A key that is already such a name, and is the first of its case variants, keeps it. Every other
 * key, in byte order, gets its text with other characters as `_` (at most 128), or with the first free of `_2`, `_3`, …
 * appended. The result depends only on the set of keys.
 *
 * @param keys the keys, in byte order
 * @param taken names that are not free: columns of the base schema
 * @returns name by key
 */
export function columnNames(keys: readonly string[], taken: Iterable<string>): Map<string, string> {
  const used = new Set([...taken, ...RESERVED].map((name) => name.toLowerCase()));
  const names = new Map<string, string>();
  const claim = (key: string, name: string): boolean => {
    if (used.has(name.toLowerCase())) return false;
    used.add(name.toLowerCase());
    names.set(key, name);
    return true;
  };
  const rest = keys.filter((key) => !CLEAN_NAME.test(key) || !claim(key, key));
  for (const key of rest) {
    const base = key.replaceAll(/[^A-Za-z0-9_-]/gu, '_').slice(0, MAX_NAME) || '_';
    for (let count = 1; !claim(key, count === 1 ? base : `${base}_${count}`); count += 1);
  }
  return names;
}

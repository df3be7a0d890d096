import { readFileSync } from 'node:fs';
import path from 'node:path';
import { version as duckdbVersion } from '@duckdb/node-api';

/**
 * The versions that a file's bytes depend on, in addition to content, schema and settings; part of a segment's record.
 */
export interface WriterVersions {
  /** Version of this package. */
  readonly parquetry: string;
  /** Version of the DuckDB library, e.g. `v1.5.6`. */
  readonly duckdb: string;
}

/** The versions of the running writer. */
export function writerVersions(): WriterVersions {
  const file = path.join(__dirname, '..', 'package.json');
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return { parquetry: version, duckdb: duckdbVersion() };
}

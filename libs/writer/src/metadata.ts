import { type LedgerRange, formatRange } from '@parquetry/core';
import { type RegisteredSchema, arrowSchemaBase64, quoteText } from '@parquetry/schema';
import { writerVersions } from './version';

/** What a file says of itself: identity only, nothing of a run, a time, a host or an attempt. */
export interface ContentIdentity {
  readonly dataset: string;
  readonly range: LedgerRange;
  readonly schema: RegisteredSchema;
  /** Network passphrase, where the source knows it. */
  readonly network?: string;
}

/** The file's key-value metadata as the value of COPY's KV_METADATA option. */
export function keyValueMetadata({ dataset, range, schema, network }: ContentIdentity): string {
  const { parquetry, duckdb } = writerVersions();
  const entries: Record<string, string> = {
    'ARROW:schema': arrowSchemaBase64(schema.schema),
    'parquetry.dataset': dataset,
    'parquetry.range': formatRange(range),
    'parquetry.schema_version': String(schema.version),
    'parquetry.schema_fingerprint': schema.fingerprint,
    ...(network === undefined ? {} : { 'parquetry.network': network }),
    'parquetry.writer': `parquetry ${parquetry}, duckdb ${duckdb}`,
  };
  const members = Object.entries(entries).map(([key, value]) => `${quoteText(key)}: ${quoteText(value)}`);
  return `{${members.join(', ')}}`;
}

import type { FileMetaData } from 'hyparquet';
import { type Codec, formatRange } from '@parquetry/core';
import { arrowSchemaBase64, leaves } from '@parquetry/schema';
import type { FileExpectation } from './expectation';
import type { Checker } from './fault';

const CODEC_NAMES: Readonly<Record<Codec, string>> = {
  none: 'UNCOMPRESSED',
  snappy: 'SNAPPY',
  gzip: 'GZIP',
  zstd: 'ZSTD',
  brotli: 'BROTLI',
  lz4: 'LZ4_RAW',
};

/**
 * Compares the row groups: their row counts add up, each has exactly the schema's column chunks in order, inside the
 * file, with the requested codec and, for columns that are not repeated, as many values as rows.
 */
export function checkGroups(
  check: Checker,
  metadata: FileMetaData,
  expected: FileExpectation,
  dataEnd: number,
): void {
  check.same('the number of rows', expected.rows, Number(metadata.num_rows));
  const columns = [...leaves(expected.schema.schema)];
  let rows = 0;
  metadata.row_groups.forEach((group, index) => {
    const where = `row group ${index + 1}`;
    rows += Number(group.num_rows);
    check.same(`the number of columns in ${where}`, columns.length, group.columns.length);
    group.columns.forEach((column, at) => {
      const leaf = columns[at];
      const chunk = column.meta_data;
      if (leaf === undefined || chunk === undefined) return check.corrupt(`${where} has no column ${at + 1}`);
      const what = `column ${leaf.name} in ${where}`;
      check.same(
        `the path of ${what}`,
        JSON.stringify(leaf.parquetPath),
        JSON.stringify(chunk.path_in_schema),
      );
      check.same(`the file of ${what}`, undefined, column.file_path);
      if (expected.codec !== undefined)
        check.same(`the codec of ${what}`, CODEC_NAMES[expected.codec], chunk.codec);
      if (leaf.parquetPath.every((name) => name !== 'list'))
        check.same(`the number of values of ${what}`, Number(group.num_rows), Number(chunk.num_values));
      const start = Number(chunk.dictionary_page_offset ?? chunk.data_page_offset);
      const end = start + Number(chunk.total_compressed_size);
      if (!(start >= 4 && start <= Number(chunk.data_page_offset) && end <= dataEnd))
        check.corrupt(`${what} lies at bytes ${start}-${end}, outside the data`);
      return undefined;
    });
  });
  check.same('the number of rows in its row groups', expected.rows, rows);
}

/** Compares the file's key-value metadata: Arrow schema, dataset, range, schema version and fingerprint, network. */
export function checkMetadata(check: Checker, metadata: FileMetaData, expected: FileExpectation): void {
  const { schema, dataset, range, network } = expected;
  const found = new Map<string, string | undefined>();
  for (const { key, value } of metadata.key_value_metadata ?? []) {
    if (found.has(key)) check.corrupt(`the metadata key ${key} occurs twice`);
    found.set(key, value);
  }
  const wanted: Record<string, string | undefined> = {
    'ARROW:schema': arrowSchemaBase64(schema.schema),
    'parquetry.dataset': dataset,
    'parquetry.range': formatRange(range),
    'parquetry.schema_version': String(schema.version),
    'parquetry.schema_fingerprint': schema.fingerprint,
    'parquetry.network': network,
  };
  for (const [key, value] of Object.entries(wanted)) check.same(`metadata ${key}`, value, found.get(key));
}

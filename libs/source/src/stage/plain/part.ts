import { closeSync, ftruncateSync, openSync, writevSync } from 'node:fs';
import type { DataType, Field, TableSchema } from '@parquetry/schema';
import type { FileMetaData, ParquetType, SchemaElement } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';
import { DECIMAL_BYTES, type PlainColumn } from './column';
import { StructColumn } from './struct';
import { takeReusedPart } from './reusedparts';

const MAGIC = Buffer.from('PAR1');

/**
 * Writes the rows of `columns` to a Parquet file of one row group, their pages uncompressed and the columns named c0, c1,
 * …. Returns its size in bytes. Synchronous: pulls have threads of their own, and so the columns can be used again at
 * once. `typed`: decimals have 16 bytes instead of digits. Overwrites a kept file of `spareDir` if there is one (see
 * `keepForReuse`).
 */
export function writePart(
  file: string,
  schema: TableSchema,
  columns: readonly PlainColumn[],
  rows: number,
  { typed = false, spareDir }: { readonly typed?: boolean; readonly spareDir?: string | undefined } = {},
): number {
  const pieces: Uint8Array[] = [MAGIC];
  let size = MAGIC.length;
  const chunks: FileMetaData['row_groups'][number]['columns'] = [];
  for (const { path, type, column, struct } of leavesOf(schema, columns)) {
    const { dictionary, data } = column.pages(struct);
    const start = size;
    const page = (header: PageHeader, body: readonly Uint8Array[]): void => {
      const length = lengthOf(body);
      const bytes = pageHeader(header, length);
      pieces.push(bytes, ...body);
      size += bytes.length + length;
    };
    if (dictionary !== undefined)
      page(
        {
          type: 'DICTIONARY_PAGE',
          dictionary_page_header: { num_values: dictionary.entries, encoding: 'PLAIN' },
        },
        [dictionary.body],
      );
    const first = size;
    for (const { rows: num_values, encoding, body } of data)
      page(
        {
          type: 'DATA_PAGE',
          data_page_header: {
            num_values,
            encoding,
            definition_level_encoding: 'RLE',
            repetition_level_encoding: 'RLE',
          },
        },
        body,
      );
    const bytes = BigInt(size - start);
    chunks.push({
      file_offset: BigInt(start),
      meta_data: {
        type: physical(type, typed).type as ParquetType,
        encodings: dictionary === undefined ? ['PLAIN', 'RLE'] : ['PLAIN', 'RLE', 'RLE_DICTIONARY'],
        path_in_schema: path,
        codec: 'UNCOMPRESSED',
        num_values: BigInt(rows),
        total_uncompressed_size: bytes,
        total_compressed_size: bytes,
        data_page_offset: BigInt(first),
        ...(dictionary === undefined ? {} : { dictionary_page_offset: BigInt(start) }),
      },
    });
  }
  const end = footer(elementsOf(schema, columns, typed), chunks, rows, BigInt(size - MAGIC.length));
  pieces.push(end, MAGIC);
  size += end.length + MAGIC.length;
  const reused = spareDir !== undefined && takeReusedPart(spareDir, file);
  writeAll(file, pieces, reused ? { size } : undefined);
  return size;
}

/** Parquet type of a column in a staged part; the writer casts values that have no exact plain Parquet form. */
const PHYSICAL: Readonly<Record<DataType['type'], Omit<SchemaElement, 'name'>>> = {
  bool: { type: 'BOOLEAN' },
  int32: { type: 'INT32', converted_type: 'INT_32' },
  uint32: { type: 'INT32', converted_type: 'UINT_32' },
  int64: { type: 'INT64', converted_type: 'INT_64' },
  uint64: { type: 'INT64', converted_type: 'UINT_64' },
  float64: { type: 'DOUBLE' },
  timestamp: { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' } },
  utf8: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  json: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  decimal128: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  list: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  struct: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
};

/** A column of the file: a column of the table, or a member of one that is a struct. */
interface Leaf {
  readonly path: string[];
  readonly type: DataType;
  readonly column: PlainColumn;
  readonly struct?: StructColumn;
}

function leavesOf({ fields }: TableSchema, columns: readonly PlainColumn[]): Leaf[] {
  return columns.flatMap((column, index): Leaf[] => {
    const name = `c${index}`;
    if (!(column instanceof StructColumn))
      return [{ path: [name], type: (fields[index] as Field).type, column }];
    const members = column.members();
    return column.type.fields.map((field, at) => ({
      path: [name, field.name],
      type: field.type,
      column: members[at] as PlainColumn,
      struct: column,
    }));
  });
}

function elementsOf(
  { fields }: TableSchema,
  columns: readonly PlainColumn[],
  typed: boolean,
): SchemaElement[] {
  const elements = columns.flatMap((column, index) => {
    const name = `c${index}`;
    if (!(column instanceof StructColumn)) return [element(name, (fields[index] as Field).type, typed)];
    const members = column.type.fields;
    const group: SchemaElement = { name, repetition_type: 'OPTIONAL', num_children: members.length };
    return [group, ...members.map((member) => element(member.name, member.type, typed))];
  });
  return [{ name: 'rows', num_children: columns.length }, ...elements];
}

function element(name: string, type: DataType, typed: boolean): SchemaElement {
  return { name, repetition_type: 'OPTIONAL', ...physical(type, typed) };
}

function physical(type: DataType, typed: boolean): Omit<SchemaElement, 'name'> {
  if (!typed || type.type !== 'decimal128') return PHYSICAL[type.type];
  const { precision, scale } = type;
  return {
    type: 'FIXED_LEN_BYTE_ARRAY',
    type_length: DECIMAL_BYTES,
    converted_type: 'DECIMAL',
    precision,
    scale,
  };
}

type PageHeader = Omit<
  Parameters<typeof writePageHeader>[1],
  'uncompressed_page_size' | 'compressed_page_size'
>;

function pageHeader(header: PageHeader, bytes: number): Uint8Array {
  const writer = new ByteWriter(64);
  writePageHeader(writer, { ...header, uncompressed_page_size: bytes, compressed_page_size: bytes });
  return writer.getBytes();
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

function footer(
  schema: SchemaElement[],
  columns: FileMetaData['row_groups'][number]['columns'],
  rows: number,
  bytes: bigint,
): Uint8Array {
  const writer = new ByteWriter();
  writeMetadata(writer, {
    version: 2,
    schema,
    num_rows: BigInt(rows),
    row_groups: [{ columns, total_byte_size: bytes, num_rows: BigInt(rows) }],
    created_by: 'parquetry stage',
    metadata_length: 0,
  });
  return writer.getBytes();
}

function writeAll(file: string, pieces: readonly Uint8Array[], reused?: { readonly size: number }): void {
  const descriptor = openSync(file, reused === undefined ? 'w' : 'r+');
  try {
    let left = pieces.filter(({ length }) => length > 0);
    while (left.length > 0) {
      let written = writevSync(descriptor, left);
      let whole = 0;
      while (whole < left.length && written >= (left[whole] as Uint8Array).length)
        written -= (left[whole++] as Uint8Array).length;
      left = left.slice(whole);
      if (written > 0) left[0] = (left[0] as Uint8Array).subarray(written);
    }
    if (reused !== undefined) ftruncateSync(descriptor, reused.size);
  } finally {
    closeSync(descriptor);
  }
}

import { createHash } from 'node:crypto';
import { type Schema, streams } from 'avsc';

/** A field of a record with its Iceberg field id. */
export interface AvroField {
  readonly name: string;
  readonly type: unknown;
  readonly 'field-id': number;
  readonly default?: null;
}

/** A required field. */
export function required(id: number, name: string, type: unknown): AvroField {
  return { name, type, 'field-id': id };
}

/** A field that may be null. */
export function optional(id: number, name: string, type: unknown): AvroField {
  return { name, type: ['null', type], default: null, 'field-id': id };
}

/** A record type. */
export function record(name: string, fields: readonly AvroField[]): object {
  return { type: 'record', name, fields };
}

/** A list type, with the id of its elements. */
export function list(id: number, items: unknown): object {
  return { type: 'array', items, 'element-id': id };
}

/** A map with int keys, which Iceberg stores as an array of pairs. */
export function intMap(keyId: number, valueId: number, value: string): object {
  const pair = record(`k${keyId}_v${valueId}`, [
    required(keyId, 'key', 'int'),
    required(valueId, 'value', value),
  ]);
  return { type: 'array', logicalType: 'map', items: pair };
}

/**
 * An Avro object container file. Its sync marker follows from `name`, so that the same records give the same bytes.
 * @param metadata entries of the file's header
 */
export async function encodeAvro(
  name: string,
  schema: object,
  metadata: Readonly<Record<string, string>>,
  records: Iterable<object>,
): Promise<Buffer> {
  const options = {
    codec: 'deflate',
    writeHeader: true,
    syncMarker: createHash('sha256').update(name).digest().subarray(0, 16),
    metadata: Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, Buffer.from(value)])),
  };
  const encoder = new streams.BlockEncoder(schema as Schema, options);
  const parts: Buffer[] = [];
  const done = new Promise<void>((resolve, reject) => {
    encoder.on('data', (part: Buffer) => parts.push(part));
    encoder.on('end', resolve);
    encoder.on('error', reject);
    encoder.on('typeError', reject);
  });
  for (const each of records) encoder.write(each);
  encoder.end();
  await done;
  return Buffer.concat(parts);
}

/** The records of an Avro object container file. @throws Error when the bytes are not such a file */
export async function decodeAvro<T>(bytes: Uint8Array): Promise<T[]> {
  const decoder = new streams.BlockDecoder();
  const records: T[] = [];
  const done = new Promise<void>((resolve, reject) => {
    decoder.on('data', (each: T) => records.push(each));
    decoder.on('end', resolve);
    decoder.on('error', reject);
  });
  decoder.end(bytes);
  await done;
  return records;
}

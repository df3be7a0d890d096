import { describeSource } from '../columns';
import type { DataType, Field, TableSchema } from '../types';

/** A JSON Schema, or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** JSON numbers lose digits in many readers, so wide integers and decimals may also be strings. */
const digits = (pattern: string, type: 'integer' | 'number' = 'integer'): JsonSchema => ({
  type: [type, 'string'],
  pattern,
});

/**
 * The JSON Schema (2020-12) of a row: closed records, columns that are not nullable required. Integers beyond 32 bits
 * and decimals are numbers or strings of digits, timestamps are RFC 3339 strings, `json` columns are strings. A
 * `$comment` has the message's key or path if the column has another name.
 */
export function jsonSchema(schema: TableSchema): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: schema.messageType,
    ...(schema.doc === undefined ? {} : { description: schema.doc }),
    ...record(schema.fields),
  };
}

function record(fields: readonly Field[]): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.name, property(field)])),
    required: fields.filter(({ nullable }) => !nullable).map(({ name }) => name),
    additionalProperties: false,
  };
}

function property(field: Field): JsonSchema {
  const type = typeSchema(field.type);
  const source = describeSource(field);
  return {
    ...(field.nullable ? { anyOf: [type, { type: 'null' }] } : type),
    ...(field.doc === undefined ? {} : { description: field.doc }),
    ...(source === undefined ? {} : { $comment: source }),
  };
}

function typeSchema(type: DataType): JsonSchema {
  switch (type.type) {
    case 'bool':
      return { type: 'boolean' };
    case 'int32':
      return { type: 'integer', minimum: -2147483648, maximum: 2147483647 };
    case 'uint32':
      return { type: 'integer', minimum: 0, maximum: 4294967295 };
    case 'int64':
      return digits('^-?[0-9]{1,19}$');
    case 'uint64':
      return { ...digits('^[0-9]{1,20}$'), minimum: 0 };
    case 'float64':
      return { type: 'number' };
    case 'utf8':
      return { type: 'string' };
    case 'json':
      return { type: 'string', contentMediaType: 'application/json' };
    case 'decimal128': {
      const whole = type.precision - type.scale;
      const fraction = type.scale === 0 ? '' : `(\\.[0-9]{1,${type.scale}})?`;
      return digits(`^-?[0-9]{1,${Math.max(1, whole)}}${fraction}$`, type.scale === 0 ? 'integer' : 'number');
    }
    case 'timestamp':
      return { type: 'string', format: 'date-time' };
    case 'list':
      return { type: 'array', items: property(type.items) };
    case 'struct':
      return record(type.fields);
  }
}

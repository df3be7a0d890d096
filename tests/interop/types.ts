import type { DataType } from '@parquetry/schema';

/** Names of the types of a file's columns by reader. */
export interface Names {
  readonly duckdb: string;
  /** The type in the footer: converted type, else physical type. */
  readonly hyparquet: string;
  readonly pyarrow: string;
  readonly polars: string;
  readonly spark: string;
}

const decimal = (precision: number, scale: number): Names => ({
  duckdb: `DECIMAL(${precision},${scale})`,
  hyparquet: 'DECIMAL',
  pyarrow: `decimal128(${precision}, ${scale})`,
  polars: `Decimal(precision=${precision}, scale=${scale})`,
  spark: `decimal(${precision},${scale})`,
});

const SCALARS: Readonly<Record<string, Names>> = {
  bool: { duckdb: 'BOOLEAN', hyparquet: 'BOOLEAN', pyarrow: 'bool', polars: 'Boolean', spark: 'boolean' },
  int32: { duckdb: 'INTEGER', hyparquet: 'INT_32', pyarrow: 'int32', polars: 'Int32', spark: 'int' },
  int64: { duckdb: 'BIGINT', hyparquet: 'INT_64', pyarrow: 'int64', polars: 'Int64', spark: 'bigint' },
  uint32: { duckdb: 'UINTEGER', hyparquet: 'UINT_32', pyarrow: 'uint32', polars: 'UInt32', spark: 'bigint' },
  uint64: decimal(20, 0),
  float64: { duckdb: 'DOUBLE', hyparquet: 'DOUBLE', pyarrow: 'double', polars: 'Float64', spark: 'double' },
  utf8: { duckdb: 'VARCHAR', hyparquet: 'UTF8', pyarrow: 'string', polars: 'String', spark: 'string' },
  json: { duckdb: 'VARCHAR', hyparquet: 'UTF8', pyarrow: 'string', polars: 'String', spark: 'string' },
  timestamp: {
    duckdb: 'TIMESTAMP WITH TIME ZONE',
    hyparquet: 'TIMESTAMP_MICROS',
    pyarrow: 'timestamp[us, tz=UTC]',
    polars: "Datetime(time_unit='us', time_zone='UTC')",
    spark: 'timestamp',
  },
};

/** A reader's name of a registered type; the table of docs/schemas.md in full. */
export function typeIn(reader: keyof Names, type: DataType): string {
  if (type.type === 'list') {
    const item = typeIn(reader, type.items.type);
    const lists: Names = {
      duckdb: `${item}[]`,
      hyparquet: 'LIST',
      pyarrow: `list<element: ${item}>`,
      polars: `List(${item})`,
      spark: `array<${item}>`,
    };
    return lists[reader];
  }
  if (type.type === 'struct') {
    const members = type.fields.map((field) => [field.name, typeIn(reader, field.type)] as const);
    const join = (member: (name: string, kind: string) => string): string =>
      members.map(([name, kind]) => member(name, kind)).join(reader === 'spark' ? ',' : ', ');
    const text = (name: string): string => (name.includes("'") ? `"${name}"` : `'${name}'`);
    const structs: Names = {
      duckdb: `STRUCT(${join((name, kind) => `"${name}" ${kind}`)})`,
      hyparquet: 'STRUCT',
      pyarrow: `struct<${join((name, kind) => `${name}: ${kind}`)}>`,
      polars: `Struct({${join((name, kind) => `${text(name)}: ${kind}`)}})`,
      spark: `struct<${join((name, kind) => `${name}:${kind}`)}>`,
    };
    return structs[reader];
  }
  if (type.type === 'decimal128') return decimal(type.precision, type.scale)[reader];
  return SCALARS[type.type]?.[reader] ?? type.type;
}

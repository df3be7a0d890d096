import {
  BIGINT,
  BOOLEAN,
  DECIMAL,
  DOUBLE,
  type DuckDBType,
  INTEGER,
  LIST,
  STRUCT,
  TIMESTAMPTZ,
  UINTEGER,
  VARCHAR,
} from '@duckdb/node-api';
import { type DataType, storedType } from '@parquetry/schema';

/** The DuckDB type of a column of staged record batches; what `duckdbType` of the schema library writes in SQL. */
export function vectorType(type: DataType): DuckDBType {
  const stored = storedType(type);
  switch (stored.type) {
    case 'bool':
      return BOOLEAN;
    case 'int32':
      return INTEGER;
    case 'int64':
      return BIGINT;
    case 'uint32':
      return UINTEGER;
    case 'float64':
      return DOUBLE;
    case 'utf8':
    case 'json':
      return VARCHAR;
    case 'uint64':
      return DECIMAL(20, 0);
    case 'decimal128':
      return DECIMAL(stored.precision, stored.scale);
    case 'timestamp':
      return TIMESTAMPTZ;
    case 'list':
      return LIST(vectorType(stored.items.type));
    case 'struct':
      return STRUCT(
        Object.fromEntries(stored.fields.map(({ name, type: member }) => [name, vectorType(member)])),
      );
  }
}

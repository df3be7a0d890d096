export { arrowIpc, arrowJson } from './arrow';
export { avroSchema } from './avro';
export { jsonSchema } from './jsonschema';
export { UNSAFE_NAME, encodeName } from './names';
export { createTableSql, viewsSql } from './sql';
export { type TableEngine, registerTables } from './tables';

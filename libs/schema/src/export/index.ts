export { arrowIpc, arrowJson } from './arrow';
export { avroSchema } from './avro';
export { jsonSchema } from './jsonschema';
export { UNSAFE_NAME, encodeName } from './names';
export { type ViewSource, createTableSql, viewsSql } from './sql';

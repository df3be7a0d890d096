export { type ArrowJsonField, type ArrowJsonSchema, arrowIpc, arrowJson } from './arrow';
export { type AvroType, avroSchema } from './avro';
export { type JsonSchema, jsonSchema } from './jsonschema';
export { UNSAFE_NAME, encodeName } from './names';
export { type ViewSource, createTableSql, viewsSql } from './sql';

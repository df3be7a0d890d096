export { type SchemaChange, compareSchemas, describeChange } from './changes';
export { applyContract } from './contract';
export { mergeSchemas } from './merge';
export { type BreakingChange, type Compatibility, checkCompatibility } from './check';
export { parseTableSchema } from './parse';
export { READERS } from './rules';

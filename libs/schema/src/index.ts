export * from './types';
export { canonicalJson, schemaFingerprint } from './fingerprint';
export * from './arrow';
export * from './columns';
export * from './duckdb';
export * from './json';
export * from './infer';
export * from './compat';
export * from './export';

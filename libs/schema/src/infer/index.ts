export { Evidence } from './evidence';
export { columnNames } from './names';
export { NESTINGS, type Nesting } from './nesting';
export { resolveType } from './resolve';
export {
  CLOSE_TIME_COLUMN,
  inferSchema,
  LEDGER_COLUMN,
  MAX_COLUMNS,
  messageEvidence,
  tooManyKeys,
} from './schema';

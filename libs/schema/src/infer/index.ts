export { Evidence } from './evidence';
export { NESTINGS, type Nesting } from './nesting';
export {
  CLOSE_TIME_COLUMN,
  inferSchema,
  LEDGER_COLUMN,
  MAX_COLUMNS,
  messageEvidence,
  tooManyKeys,
} from './schema';

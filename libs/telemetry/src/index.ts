export { traceOf } from './ids';
export type { PastOperation, Tracing } from './spans';
export { openTracing } from './tracing';

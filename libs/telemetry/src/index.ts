export { traceOf } from './ids';
export { type PastOperation, type Tracing, openTracing } from './tracing';

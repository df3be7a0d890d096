export { type TraceIds, traceOf } from './ids';
export {
  type Execution,
  type ExecutionSpan,
  type PastOperation,
  type StepEnd,
  type StepSpan,
  type Tracing,
  openTracing,
} from './tracing';

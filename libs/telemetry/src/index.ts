export { type PastOperation, type StepSpan, type Tracing, openTracing } from './tracing';

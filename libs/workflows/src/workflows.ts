// Entry point of the workflow bundle: every export is a workflow type that a worker offers.
export { backfill } from './backfill';
export { compact } from './compact';
export { limiter } from './limiter';
export { maintain } from './maintain';
export { partition } from './partition';
export { scheduled } from './scheduled';
export { tail } from './tail';

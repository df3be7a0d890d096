// Entry point of the workflow bundle: every export is a workflow type that a worker offers.
export { backfill } from './backfill';
export { partition } from './partition';

export { buildReport, ReportCache } from './build';
export * from './data';
export { staticPage } from './page';
export { shareOf } from './share';
export { type Cell, cellsOf, decodeRuns } from './spans';
export type { Commands } from './work';
export type { LiveState } from './feed';
export { hostRule, isLoopback } from './guard';
export { type Action, type LiveServer, type LiveSource, servePage } from './serve';

export { type Cut, type CutLimits, decideCut, type LedgerFacts } from './decide';
export { type LakeTailOptions, LakeTail, lakeStart, lakeTailIndex, lakeTip } from './lake';
export type { ReadPosition, TailPositions } from './readposition';
export { MessageTail, type MessageTailOptions } from './messages';
export type { TailReader, TailView } from './reader';

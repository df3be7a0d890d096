export { type Cut, type CutLimits, decideCut, type LedgerFacts } from './flushrule';
export type { ReadPosition, TailPositions } from './readposition';
export { AnswerFiles } from './answers';
export { MessageTail, type MessageTailOptions } from './messages';
export type { RejectList, TailRejects } from './rejects';
export type { TailReader, TailView } from './reader';

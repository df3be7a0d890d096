export { checkMessage } from './check';
export { observeMessage } from './observe';
export { type MessageFault, type MessageOptions, MessageReader } from './reader';
export { closeTimePaths, LEDGER_PATHS } from './times';

export { checkMessage } from './check';
export { type Observation, observeMessage } from './observe';
export { type MessageFault, type MessageOptions, type MessagePlaces, MessageReader } from './reader';

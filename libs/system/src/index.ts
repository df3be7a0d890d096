export { hashFile } from './hash';
export {
  type Ending,
  type Facts,
  type Observer,
  type Operation,
  isObserved,
  observed,
  observedStream,
  setObserver,
} from './observe';
export { OWNER_FILE, isAbandoned, isOwn, readOwner } from './owner';
export {
  identify,
  isIdentity,
  isRunning,
  parseIdentity,
  type ProcessIdentity,
  self,
  terminate,
} from './process';
export { replaceFile } from './replace';

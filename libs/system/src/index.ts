export { hashFile } from './hash';
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

export { hashFile } from './hash';
export { OWNER_FILE, isAbandoned, readOwner } from './owner';
export {
  identify,
  isDead,
  isIdentity,
  isRunning,
  parseIdentity,
  type ProcessIdentity,
  self,
  terminate,
} from './process';
export { replaceFile } from './replace';

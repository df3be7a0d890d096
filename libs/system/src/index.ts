export { hashFile } from './hash';
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

export { hashFile } from './hash';
export { identify, isIdentity, isRunning, type ProcessIdentity, self, terminate } from './process';
export { replaceFile } from './replace';

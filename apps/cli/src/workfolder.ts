import path from 'node:path';
import { devHome } from '@parquetry/temporal';

/** Folder with the stages of the workers of this machine. */
export function workFolder(stage: string | undefined): string {
  return stage ?? path.join(devHome().root, 'work');
}

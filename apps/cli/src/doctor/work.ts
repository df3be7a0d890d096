import { leftFolders } from '@parquetry/audit';
import { formatBytes } from '../output';
import { type Check, ok, warning } from './finding';

/** Checks for stages and source copies in the work folder that no worker uses. */
export function stageCheck(folder: string): Check {
  return {
    name: 'stages',
    run: async () => {
      const left = await leftFolders(folder);
      const bytes = left.reduce((sum, { bytes: size }) => sum + size, 0);
      const oldest = Math.min(...left.map(({ modified }) => modified));
      return [
        left.length === 0
          ? ok(`No stages of dead workers in ${folder}.`)
          : warning(
              `${left.length} stages and source copies of dead workers in ${folder}: ${formatBytes(bytes)}, the oldest of ${new Date(oldest).toISOString()}.`,
              'The next worker of this folder takes over or removes them; without one, `parquetry gc --archive ARCHIVE --yes` removes old ones.',
            ),
      ];
    },
  };
}

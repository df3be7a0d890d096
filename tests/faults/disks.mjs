// Small file systems of lanes, which runs fill.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

const mounted = new Set();
process.on('exit', () => mounted.forEach(unmountDisk));

/** Whether a small file system could be mounted. */
export function mountDisk(folder) {
  mkdirSync(folder, { recursive: true });
  const done = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', folder]).status === 0;
  if (done) mounted.add(folder);
  return done;
}

export function unmountDisk(folder) {
  spawnSync('umount', ['-l', folder]);
  mounted.delete(folder);
}

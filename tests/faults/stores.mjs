// Where the archives of a campaign are: a folder, or a bucket of a SeaweedFS server that is killed now and then.
import { mkdirSync } from 'node:fs';
import path from 'node:path';

/** Gives archive(name), the environment of the commands, options of the independent reader, and stop(). */
export async function openStorage(kind, root) {
  if (kind === 'local') {
    mkdirSync(path.join(root, 'archives'));
    return {
      archive: (name) => path.join(root, 'archives', name),
      env: {},
      readerOptions: undefined,
      stop: async () => undefined,
    };
  }
  throw new Error(`There is no store "${kind}": use local.`);
}

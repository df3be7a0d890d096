import type { LiveFile } from '@parquetry/archive';

/** Mean number of files in a manifest. */
const MEAN_FILES = 256;

/** A file and the digest of its entry. */
export interface Digested {
  readonly file: LiveFile;
  readonly digest: Buffer;
}

/**
 * Groups the files of a table, in ledger order, into manifests. A group ends after a file whose digest has a certain
 * remainder, so the groups depend on the set of files only, not on the order of commits, and a commit changes only the
 * groups that its files belong to.
 */
export function* groupFiles(files: Iterable<Digested>): Generator<readonly Digested[]> {
  let group: Digested[] = [];
  for (const each of files) {
    group.push(each);
    if (each.digest.readUInt32BE(0) % MEAN_FILES !== 0) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

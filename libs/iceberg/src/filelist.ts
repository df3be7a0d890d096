import { createHash, type Hash } from 'node:crypto';
import type { CommitRecord, LiveFile, Snapshot } from '@parquetry/archive';

/** Mean number of files in a manifest. */
const MEAN_FILES = 256;

const DIGEST_BYTES = 32;

/** Positions of files in a `FileList`, ascending. */
export type Group = readonly number[];

/**
 * The files of a table in ledger order, with the digest of each file's entry and the commit that added it. One list
 * serves all snapshots of a sync, so that memory grows with the files and not with files times snapshots.
 */
export class FileList {
  readonly files: readonly LiveFile[];
  private readonly digests: Buffer;
  /** For each file the index of its commit; -1 for files from before the commits. */
  private readonly addedBy: Int32Array;

  /** @param commits oldest first; none but the first may have removed files */
  constructor({ files }: Snapshot, commits: readonly CommitRecord[]) {
    this.files = files;
    this.digests = Buffer.alloc(files.length * DIGEST_BYTES);
    this.addedBy = new Int32Array(files.length).fill(-1);
    const by = new Map(commits.flatMap(({ added }, index) => added.map((path) => [path, index])));
    for (const [at, file] of files.entries()) {
      fileDigest(file).copy(this.digests, at * DIGEST_BYTES);
      this.addedBy[at] = by.get(file.path) ?? -1;
    }
  }

  /** The files that a commit added. */
  added(commit: number): Group {
    const group: number[] = [];
    for (let at = 0; at < this.files.length; at++) if (this.addedBy[at] === commit) group.push(at);
    return group;
  }

  /**
   * The files from before a commit, in groups for manifests. A group ends after a file whose digest has a certain
   * remainder, so the groups depend on the set of files only, not on the order of commits, and a commit changes only
   * the groups that its files belong to.
   */
  *before(commit: number): Generator<Group> {
    let group: number[] = [];
    for (let at = 0; at < this.files.length; at++) {
      if ((this.addedBy[at] as number) >= commit) continue;
      group.push(at);
      if (this.digests.readUInt32BE(at * DIGEST_BYTES) % MEAN_FILES !== 0) continue;
      yield group;
      group = [];
    }
    if (group.length > 0) yield group;
  }

  /** Adds the digests of a group to a hash. */
  update(hash: Hash, group: Group): void {
    for (let from = 0, to = 1; from < group.length; from = to++) {
      // One call for files that follow one another.
      while (to < group.length && group[to] === (group[to - 1] as number) + 1) to++;
      const start = (group[from] as number) * DIGEST_BYTES;
      hash.update(this.digests.subarray(start, start + (to - from) * DIGEST_BYTES));
    }
  }

  /** The files of a group. */
  of(group: Group): LiveFile[] {
    return group.map((at) => this.files[at] as LiveFile);
  }
}

/** The digest of a file's entry. */
function fileDigest({ path, size, stats }: LiveFile): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([path, size, stats]))
    .digest();
}

import { readFile, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { parseDataset } from '@parquetry/archive';
import {
  type FileIdentity,
  ParquetryError,
  type StageManifest,
  type StagedDataset,
  partName,
  systemErrorCode,
} from '@parquetry/core';
import { keepForReuse, readManifest, readRowHashes, ROW_HASHES_FILE } from '@parquetry/source';
import { OWNER_FILE, replaceFile } from '@parquetry/system';
import type { WrittenFile } from '@parquetry/writer';
import type { Workplace } from './workplace';

/** Files of a stage that belong to no dataset. */
const KEPT: ReadonlySet<string> = new Set(['manifest.json', ROW_HASHES_FILE, OWNER_FILE]);

/** A verified file, and its identity when it was verified. */
export type VerifiedFile = WrittenFile & {
  readonly mark?: FileIdentity;
  /** The hashes of the rows of its ledgers, if the pull did not compute them; see `StagedDataset.rowHashes`. */
  readonly rowHashes?: string;
};

/** The local files of one dataset of a stage, passed from step to step. */
export class StagedFiles {
  private constructor(
    readonly stageDir: string,
    private readonly spareDir: string,
    readonly manifest: StageManifest,
    readonly staged: StagedDataset,
  ) {}

  /** @throws ParquetryError STAGE_LOST when the stage or the dataset in it is not on this worker */
  static async open(workplace: Workplace, stageId: string, dataset: string): Promise<StagedFiles> {
    const stageDir = workplace.stageDir(stageId);
    const manifest = await readManifest(stageDir);
    // A stage has message types; the archive decides the major of a commit.
    const { messageType } = parseDataset(dataset);
    const staged = manifest.datasets.find((entry) => entry.dataset === messageType);
    if (staged === undefined) throw lost(stageId, dataset);
    return new StagedFiles(stageDir, workplace.spareDir, manifest, staged);
  }

  /** The first part of the staged rows; absent when files were merged. */
  get rowsFile(): string {
    return path.join(this.stageDir, partName(this.staged.dataset, 0));
  }

  /** All parts of the rows. */
  private get rowFiles(): string[] {
    const { dataset, parts } = this.staged;
    return parts.map((_, part) => path.join(this.stageDir, partName(dataset, part)));
  }

  get rejectsFile(): string {
    return path.join(this.stageDir, `${this.staged.dataset}.rejects.ndjson`);
  }

  /** Folder of the written Parquet files. */
  get outDir(): string {
    return path.join(this.stageDir, `${this.staged.dataset}.files`);
  }

  /** The row hashes that the pull computed, base64; undefined if it had none. @throws ParquetryError STAGE_LOST */
  async rowHashes(): Promise<string | undefined> {
    return readRowHashes(this.stageDir, this.staged);
  }

  /** Records the written files atomically, and discards the earlier verification. */
  async noteWritten(files: readonly WrittenFile[]): Promise<void> {
    await rm(this.listFile('verified'), { force: true });
    await this.note('written', files);
  }

  /**
   * The written files, also after an earlier attempt of the verify step succeeded. @throws ParquetryError STAGE_LOST
   */
  async written(): Promise<readonly WrittenFile[]> {
    return (await exists(this.listFile('written'))) ? this.list('written') : this.list('verified');
  }

  /** Records that the written files passed verification, with their identities at that time. */
  async noteVerified(files: readonly VerifiedFile[]): Promise<void> {
    await this.note('verified', files);
    await rm(this.listFile('written'), { force: true });
  }

  /** The verified files: only these can be published. @throws ParquetryError STAGE_LOST */
  async verified(): Promise<readonly VerifiedFile[]> {
    return this.list('verified');
  }

  /**
   * Removes this dataset's files, and the stage together with the files of the last dataset. A later attempt of a step
   * finds the stage lost, and the partition is pulled again.
   */
  async remove(): Promise<void> {
    const files = [this.listFile('written'), this.listFile('verified'), this.outDir, this.rejectsFile];
    for (const file of files) await rm(file, { recursive: true, force: true });
    for (const file of this.rowFiles) await keepForReuse(this.spareDir, file);
    const left = await readdir(this.stageDir).catch(() => []);
    if (left.every((name) => KEPT.has(name))) await rm(this.stageDir, { recursive: true, force: true });
  }

  private async note(kind: 'written' | 'verified', files: readonly VerifiedFile[]): Promise<void> {
    await replaceFile(this.listFile(kind), JSON.stringify(files));
  }

  private async list(kind: 'written' | 'verified'): Promise<readonly VerifiedFile[]> {
    try {
      return JSON.parse(await readFile(this.listFile(kind), 'utf8')) as VerifiedFile[];
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') throw lost(path.basename(this.stageDir), this.staged.dataset);
      throw error;
    }
  }

  private listFile(kind: 'written' | 'verified'): string {
    return path.join(this.stageDir, `${this.staged.dataset}.${kind}.json`);
  }
}

function lost(stageId: string, dataset: string): ParquetryError {
  return new ParquetryError('STAGE_LOST', `The stage ${stageId} of ${dataset} is not on this worker.`, {
    hint: 'The partition is pulled again.',
  });
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

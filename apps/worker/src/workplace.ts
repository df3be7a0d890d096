import { randomBytes } from 'node:crypto';
import { link, lstat, mkdir, readFile, readdir, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ParquetryError, systemErrorCode } from '@parquetry/core';
import { hasManifest } from '@parquetry/source';
import { OWNER_FILE, isAbandoned, isOwn, readOwner, self } from '@parquetry/system';
import { stageFull } from './failures';
import { openSpool, tidySpools } from './spool';
import { type TidyRule, filesIn, lastChange } from './tidyrule';

const STAGE_ID = /^[0-9a-f-]{1,64}$/;

/**
 * The work folder of a machine's workers: stages, spooled source files, and a temporary folder for each process.
 *
 *   {root}/queue.json         id of the folder; the task queue of its stages is named after it
 *   {root}/stages/{stage}/    staged rows, written files, `owner.json`
 *   {root}/spool/{run}/       decompressed or downloaded source files, shared by the pulls of a run
 *   {root}/tmp/{process}/     DuckDB's spill, parts to be reused, `owner.json`
 *
 * Every worker of the folder polls its queue, so a sibling or a restarted worker takes over the steps of a killed one
 * at once.
 */
export class Workplace {
  private constructor(
    private readonly root: string,
    /** Id of the work folder, shared by all of its workers. */
    readonly folderId: string,
    /** Folder for DuckDB's spill files and other temporary files of this process. */
    readonly tempDir: string,
  ) {}

  /**
   * Opens the work folder at `root` for this process, creates it if necessary, and removes the leftovers of killed
   * processes: first, because they may be what fills the disk.
   * @throws ParquetryError STAGE_FULL
   */
  static async open(root: string): Promise<Workplace> {
    await removeAbandoned(root);
    try {
      await mkdir(path.join(root, 'stages'), { recursive: true });
      const folderId = await readFolderId(path.join(root, 'queue.json'));
      const tempDir = path.join(root, 'tmp', `${process.pid}-${randomBytes(4).toString('hex')}`);
      await mkdir(tempDir, { recursive: true });
      await writeFile(path.join(tempDir, OWNER_FILE), JSON.stringify(self()));
      return new Workplace(root, folderId, tempDir);
    } catch (error) {
      throw stageFull(error) ?? error;
    }
  }

  /** Folder of part files that later stages may overwrite. */
  get spareDir(): string {
    return path.join(this.tempDir, 'spare');
  }

  /** Folder of a stage. The id is checked because it comes from a payload. */
  stageDir(stageId: string): string {
    if (!STAGE_ID.test(stageId)) throw new ParquetryError('INTERNAL', `"${stageId}" is not a stage id.`);
    return path.join(this.root, 'stages', stageId);
  }

  /** Spool folder of a run's source; `key` is a hash. */
  spoolDir(key: string): string {
    return path.join(this.spoolRoot, key);
  }

  /** Creates a spool folder that stays while one of its workflows runs. */
  async openSpool(key: string, workflowId: string | undefined): Promise<string> {
    await openSpool(this.spoolDir(key), workflowId);
    return this.spoolDir(key);
  }

  /** Removes the spools of finished runs. */
  async tidySpools(rule: TidyRule): Promise<void> {
    await tidySpools(this.spoolRoot, rule);
  }

  private get spoolRoot(): string {
    return path.join(this.root, 'spool');
  }

  /** Creates a new stage for a pull of this process. It appears with its owner, so a killed process never hides it. */
  async createStage(stageId: string, workflowId: string | undefined): Promise<void> {
    const draft = path.join(this.tempDir, stageId);
    await mkdir(draft);
    await writeFile(path.join(draft, OWNER_FILE), JSON.stringify({ ...self(), workflowId }));
    await rename(draft, this.stageDir(stageId));
  }

  /** Whether a stage that this process created still waits for a step. */
  async hasStages(): Promise<boolean> {
    const stages = await filesIn(path.join(this.root, 'stages'));
    return (await Promise.all(stages.map(isOwn))).includes(true);
  }

  /**
   * Removes what no step will use again: stages and spools of ended workflows, pulls and temporary folders of dead
   * processes, and stages that are unchanged for long. A step that still needs one finds it lost, and its partition is
   * pulled again.
   */
  async tidy(rule: TidyRule): Promise<void> {
    await removeAbandoned(this.root);
    for (const stage of await filesIn(path.join(this.root, 'stages')))
      if (await isUnused(stage, rule)) await rm(stage, { recursive: true, force: true });
    await this.tidySpools(rule);
  }

  /**
   * The time of the folder's file system, Unix milliseconds, for comparisons with the times of its files. The clock of this
   * process may be another one: the file system is on another machine, or the clock was set.
   */
  async now(): Promise<number> {
    const file = path.join(this.tempDir, 'clock');
    try {
      await writeFile(file, 'x');
      return (await stat(file)).mtimeMs;
    } catch {
      return Date.now();
    }
  }

  /** Bytes of the work folder, and of the file system that it is on. */
  async usage(): Promise<{ readonly bytes: number; readonly freeBytes: number; readonly diskBytes: number }> {
    const { bavail, blocks, bsize } = await statfs(this.root);
    return { bytes: await sizeOf(this.root), freeBytes: bavail * bsize, diskBytes: blocks * bsize };
  }

  /** Removes this process's temporary files. Its stages stay for the other or later workers of the folder. */
  async close(): Promise<void> {
    await rm(this.tempDir, { recursive: true, force: true });
  }
}

/** The id in the file at `file`. Of several processes that create it concurrently, one wins. */
async function readFolderId(file: string): Promise<string> {
  const draft = `${file}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
  for (;;) {
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      if (systemErrorCode(error) !== 'ENOENT') throw error;
      return undefined;
    });
    if (text !== undefined) return (JSON.parse(text) as { id: string }).id;
    await writeFile(draft, JSON.stringify({ id: randomBytes(8).toString('hex') }));
    await link(draft, file).catch((error: unknown) => {
      if (systemErrorCode(error) !== 'EEXIST') throw error;
    });
    await rm(draft, { force: true });
  }
}

async function isUnused(stage: string, rule: TidyRule): Promise<boolean> {
  const changed = await lastChange(stage);
  if (changed < rule.stale) return true;
  if (changed >= rule.idle) return false;
  const workflowId = workflowIn(await readOwner(stage));
  return workflowId !== undefined && (await rule.isOver(workflowId));
}

function workflowIn(note: string): string | undefined {
  try {
    return (JSON.parse(note) as { workflowId?: string }).workflowId;
  } catch {
    return undefined;
  }
}

/** Bytes of the files below a folder; files that disappear meanwhile count nothing. */
async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    const file = path.join(folder, entry.name);
    bytes += entry.isDirectory()
      ? await sizeOf(file)
      : await lstat(file).then(
          ({ size }) => size,
          () => 0,
        );
  }
  return bytes;
}

/**
 * Removes temporary folders and unfinished pulls of dead processes. A workflow receives the name of a stage when its pull
 * completes, so nothing waits for an unfinished one.
 */
async function removeAbandoned(root: string): Promise<void> {
  for (const temp of await filesIn(path.join(root, 'tmp')))
    if (await isAbandoned(temp)) await rm(temp, { recursive: true, force: true });
  for (const stage of await filesIn(path.join(root, 'stages')))
    if ((await isAbandoned(stage)) && !(await hasManifest(stage)))
      await rm(stage, { recursive: true, force: true });
}

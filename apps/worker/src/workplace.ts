import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ParquetryError, isParquetryError, systemErrorCode } from '@parquetry/core';
import { isDead, parseIdentity, replaceFile, self } from '@parquetry/system';
import { readManifest } from '@parquetry/source';

const OWNER_FILE = 'worker.json';
/** Longest that a claim takes, milliseconds. */
const CLAIM_MS = 10_000;
/** Folder in a spool that names the workflows that use it, one file each. */
const SPOOL_USERS = '.users';
/** In the name of a spool that is being removed. */
const REMOVED = '.removed-';

/** What is removed; times are Unix milliseconds. */
export interface TidyRule {
  /** A folder in which nothing changed since goes. */
  readonly stale: number;
  /** One in which nothing changed since goes when its workflow is over. */
  readonly idle: number;
  readonly isOver: (workflowId: string) => Promise<boolean>;
}

/** Name of the file in a stage that says whose it is. */
export const STAGE_OWNER = 'workflow.json';

const STAGE_ID = /^[0-9a-f-]{1,64}$/;

/**
 * A worker's own folder on local disk: stages and DuckDB's spill. Its name is the worker's id, and the worker's task
 * queue is named after it. A worker that ends with stages left, killed or not, leaves its workplace to the next worker
 * of the machine: that one serves the queue too, so steps that wait in it meet their files.
 */
export class Workplace {
  private constructor(
    readonly workerId: string,
    private readonly dir: string,
    /** Spooled (decompressed) source files, shared by the pulls of a run. */
    private readonly spoolRoot: string,
  ) {}

  /** Makes a workplace below `root`. */
  static async create(root: string): Promise<Workplace> {
    const workerId = `${process.pid}-${randomBytes(4).toString('hex')}`;
    const dir = path.join(root, 'workers', workerId);
    await mkdir(path.join(dir, 'stages'), { recursive: true });
    await writeOwner(dir);
    return new Workplace(workerId, dir, path.join(root, 'spool'));
  }

  /** Takes over the workplaces of this machine's dead workers below `root`; of two that try, one gets each. */
  static async adopt(root: string): Promise<Workplace[]> {
    const workers = path.join(root, 'workers');
    const adopted: Workplace[] = [];
    for (const name of await readdir(workers).catch(() => [])) {
      const dir = path.join(workers, name);
      const note = await deadOwner(dir);
      if (note === undefined || !(await claim(dir, note))) continue;
      const place = new Workplace(name, dir, path.join(root, 'spool'));
      await place.dropUnfinished();
      adopted.push(place);
    }
    return adopted;
  }

  /** Folder for DuckDB's spill files and other files of one step. */
  get tempDir(): string {
    return path.join(this.dir, 'tmp');
  }

  /** Folder of part files that later stages may write over. */
  get spareDir(): string {
    return path.join(this.tempDir, 'spare');
  }

  /** Folder of a stage; the id is checked because it comes from a payload. */
  stageDir(stageId: string): string {
    if (!STAGE_ID.test(stageId)) throw new ParquetryError('INTERNAL', `"${stageId}" is not a stage id.`);
    return path.join(this.dir, 'stages', stageId);
  }

  /** Spool folder of a run's source; `key` is a hash. */
  spoolDir(key: string): string {
    return path.join(this.spoolRoot, key);
  }

  /** Makes a spool folder, and notes a workflow that uses it: the folder stays while one of its workflows runs. */
  async openSpool(key: string, workflowId: string | undefined): Promise<string> {
    const dir = this.spoolDir(key);
    const users = path.join(dir, SPOOL_USERS);
    await mkdir(users, { recursive: true });
    if (workflowId !== undefined)
      await writeFile(path.join(users, createHash('sha256').update(workflowId).digest('hex')), workflowId);
    return dir;
  }

  /**
   * Removes the spools whose workflows are all over, however they ended and whichever worker spooled; also those of
   * which nothing is noted, once they are stale. A workflow noted after `idle` is not asked for.
   */
  async tidySpools({ stale, idle, isOver }: TidyRule): Promise<void> {
    for (const name of await readdir(this.spoolRoot).catch(none)) {
      const dir = path.join(this.spoolRoot, name);
      const users = await readdir(path.join(dir, SPOOL_USERS)).catch(() => []);
      if (users.length === 0 && !name.includes(REMOVED) && (await lastChange(dir)) >= stale) continue;
      if (await someRun(path.join(dir, SPOOL_USERS), users, idle, isOver)) continue;
      // Renamed first: a pull that begins meanwhile makes the folder again, and keeps it.
      const removed = `${dir}${REMOVED}${randomBytes(4).toString('hex')}`;
      await rename(dir, removed);
      await rm(removed, { recursive: true, force: true });
    }
  }

  /** The worker ends, its pulls have ended: the workplace goes, unless steps may still wait for its stages. */
  async leave(): Promise<void> {
    await this.dropUnfinished();
    if (await this.isEmpty().catch(() => false)) await rm(this.dir, { recursive: true, force: true });
  }

  /** Whether no stage is left. @throws where that can't be told now */
  async isEmpty(): Promise<boolean> {
    return (await this.stages()).length === 0;
  }

  /** Notes the workflow that a stage is for. */
  async noteOwner(stageId: string, workflowId: string | undefined): Promise<void> {
    await writeFile(path.join(this.stageDir(stageId), STAGE_OWNER), JSON.stringify({ workflowId }));
  }

  /**
   * Removes stages that are nobody's: of workflows that were cancelled or terminated, and of pulls whose end the server
   * never heard of. A step that wants one all the same finds it lost, and it is pulled again. Times are Unix milliseconds.
   */
  async tidy(rule: TidyRule): Promise<void> {
    for (const stage of await this.stages()) {
      const changed = await lastChange(stage);
      const owner = changed < rule.idle ? await ownerOf(stage) : undefined;
      if (changed < rule.stale || (owner !== undefined && (await rule.isOver(owner))))
        await rm(stage, { recursive: true, force: true });
    }
  }

  /**
   * Removes what a worker that ended spilled or was about to write, and stages without a manifest. Their pulls died with
   * it, and a workflow learns a stage's name when its pull is done.
   */
  private async dropUnfinished(): Promise<void> {
    const drop = (dir: string): Promise<void> =>
      rm(dir, { recursive: true, force: true }).catch(() => undefined);
    await drop(this.tempDir);
    for (const stage of await this.stages().catch(() => [])) if (await isUnfinished(stage)) await drop(stage);
  }

  private async stages(): Promise<string[]> {
    const dir = path.join(this.dir, 'stages');
    return (await readdir(dir).catch(none)).map((name) => path.join(dir, name));
  }
}

/** The manifest is a stage's last file. */
async function isUnfinished(stage: string): Promise<boolean> {
  return readManifest(stage).then(
    () => false,
    (error: unknown) => isParquetryError(error) && error.code === 'STAGE_LOST',
  );
}

/** Whether one of the noted workflows may still run; notes of those that are over are removed on the way. */
async function someRun(
  dir: string,
  users: readonly string[],
  idle: number,
  isOver: TidyRule['isOver'],
): Promise<boolean> {
  for (const user of users) {
    const file = path.join(dir, user);
    if ((await stat(file)).mtimeMs >= idle) return true;
    if (!(await isOver(await readFile(file, 'utf8')))) return true;
    await rm(file, { force: true });
  }
  return false;
}

/** The workflow that a stage is for, where it says so. */
async function ownerOf(stage: string): Promise<string | undefined> {
  try {
    const note = JSON.parse(await readFile(path.join(stage, STAGE_OWNER), 'utf8')) as { workflowId?: string };
    return note.workflowId;
  } catch {
    return undefined;
  }
}

/** Last change of a folder or of anything in it, Unix milliseconds. What can't be looked at now counts as just changed. */
async function lastChange(dir: string): Promise<number> {
  const names = await readdir(dir, { recursive: true }).catch(none);
  const times = await Promise.all(
    ['', ...names].map((name) =>
      stat(path.join(dir, name)).then(
        ({ mtimeMs }) => mtimeMs,
        (error: unknown) => (systemErrorCode(error) === 'ENOENT' ? -Infinity : Infinity),
      ),
    ),
  );
  return Math.max(...times);
}

/** A folder that is not there has nothing in it. */
function none(error: unknown): string[] {
  if (systemErrorCode(error) === 'ENOENT') return [];
  throw error;
}

async function writeOwner(dir: string): Promise<void> {
  await replaceFile(path.join(dir, OWNER_FILE), JSON.stringify(self()));
}

/** The owner's note, when its worker lived on this machine and lives no more; none where the note was cut short. */
async function deadOwner(dir: string): Promise<string | undefined> {
  const note = await readFile(path.join(dir, OWNER_FILE), 'utf8').catch(() => '');
  const owner = parseIdentity(note);
  return owner !== undefined && isDead(owner) ? note : undefined;
}

/** Makes this process the owner; of those that try, the one that makes the folder `claim` while the note is the old one. */
async function claim(dir: string, note: string): Promise<boolean> {
  const mark = path.join(dir, 'claim');
  // A worker that was killed while it claimed left its mark.
  const made = await stat(mark).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
  if (made !== undefined && Date.now() - made > CLAIM_MS) await rm(mark, { recursive: true, force: true });
  try {
    await mkdir(mark);
  } catch {
    return false;
  }
  const unchanged = (await readFile(path.join(dir, OWNER_FILE), 'utf8').catch(() => undefined)) === note;
  if (unchanged) await writeOwner(dir);
  await rm(mark, { recursive: true, force: true });
  return unchanged;
}

import { randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ParquetryError, isParquetryError, systemErrorCode } from '@parquetry/core';
import { isDead, parseIdentity, replaceFile, self } from '@parquetry/system';
import { readManifest } from '@parquetry/source';

const OWNER_FILE = 'worker.json';
/** Longest that a claim takes, milliseconds. */
const CLAIM_MS = 10_000;
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
  async tidy(rule: {
    /** A stage in which nothing changed since goes. */
    readonly stale: number;
    /** One in which nothing changed since goes when its workflow is over. */
    readonly idle: number;
    readonly isOver: (workflowId: string) => Promise<boolean>;
  }): Promise<void> {
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

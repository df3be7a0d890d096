import { randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { ParquetryError } from '@parquetry/core';

const OWNER_FILE = 'worker.json';
/** Longest that a claim takes, milliseconds. */
const CLAIM_MS = 10_000;
/** Who has a workplace. */
interface Owner {
  readonly pid: number;
  readonly host: string;
  /** See `startOf`. */
  readonly started?: string | undefined;
}

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
      // What the dead worker spilled or was about to write is of no use to anybody.
      await rm(path.join(dir, 'tmp'), { recursive: true, force: true });
      adopted.push(new Workplace(name, dir, path.join(root, 'spool')));
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

  /** The worker ends: the workplace goes, unless steps may still wait for its stages. */
  async leave(): Promise<void> {
    const stages = await readdir(path.join(this.dir, 'stages')).catch(() => []);
    const doomed = stages.length === 0 ? this.dir : this.tempDir;
    await rm(doomed, { recursive: true, force: true });
  }
}

/** In one step: a worker that is killed meanwhile leaves the whole note or the one before. */
async function writeOwner(dir: string): Promise<void> {
  const draft = path.join(dir, `${OWNER_FILE}.${process.pid}`);
  const owner: Owner = { pid: process.pid, host: hostname(), started: await startOf(process.pid) };
  await writeFile(draft, JSON.stringify(owner));
  await rename(draft, path.join(dir, OWNER_FILE));
}

/** What the owner's note says, when its worker lived on this machine and lives no more. */
async function deadOwner(dir: string): Promise<string | undefined> {
  const note = await readFile(path.join(dir, OWNER_FILE), 'utf8').catch(() => undefined);
  if (note === undefined) return undefined;
  const owner = parseOwner(note);
  return owner?.host === hostname() && !(await isAlive(owner)) ? note : undefined;
}

/** Undefined for a note that a full disk or a lost machine cut short: nobody knows whose it is. */
function parseOwner(note: string): Owner | undefined {
  try {
    return JSON.parse(note) as Owner;
  } catch {
    return undefined;
  }
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

/** Whether the owner still runs; another process may have its number by now. */
async function isAlive({ pid, started }: Owner): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = await startOf(pid);
  return started === undefined || now === undefined || now === started;
}

/** When a process was started, in the system's own count, where the system tells (Linux). */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name, in brackets, may have spaces and brackets itself; the start is the 20th field after it.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

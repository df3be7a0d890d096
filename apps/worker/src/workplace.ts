import { randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { ParquetryError } from '@parquetry/core';

const PID_FILE = 'worker.json';
const STAGE_ID = /^[0-9a-f-]{1,64}$/;

/**
 * A worker's own folder on local disk: stages, spooled source files, DuckDB's spill. Its name is the worker's id, so
 * another worker on the machine can tell whose it is and remove it when that worker is dead.
 */
export class Workplace {
  private constructor(
    readonly workerId: string,
    private readonly dir: string,
    /** Spooled (decompressed) source files, shared by the pulls of a run. */
    readonly spoolRoot: string,
  ) {}

  /** Makes a workplace below `root` and removes those of dead workers of this machine. */
  static async create(root: string): Promise<Workplace> {
    const workers = path.join(root, 'workers');
    await mkdir(workers, { recursive: true });
    await removeDead(workers);
    const workerId = `${process.pid}-${randomBytes(4).toString('hex')}`;
    const dir = path.join(workers, workerId);
    await mkdir(path.join(dir, 'stages'), { recursive: true });
    await mkdir(path.join(dir, 'tmp'), { recursive: true });
    await writeFile(path.join(dir, PID_FILE), JSON.stringify({ pid: process.pid, host: hostname() }));
    return new Workplace(workerId, dir, path.join(root, 'spool'));
  }

  /** Folder for DuckDB's spill files. */
  get tempDir(): string {
    return path.join(this.dir, 'tmp');
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

  /** Removes the workplace with every stage in it. */
  async remove(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }
}

async function removeDead(workers: string): Promise<void> {
  for (const name of await readdir(workers)) {
    const dir = path.join(workers, name);
    const owner = await readFile(path.join(dir, PID_FILE), 'utf8').then(
      (text) => JSON.parse(text) as { pid: number; host: string },
      () => undefined,
    );
    if (owner !== undefined && (owner.host !== hostname() || isAlive(owner.pid))) continue;
    await rm(dir, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

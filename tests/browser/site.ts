import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { type BackfillProgress, partitionWorkflowId } from '@parquetry/workflows';
import { type Running, Sandbox } from '../support/cli';
import { PYTHON } from '../support/python';
import { Lake } from './lake';

/** Ledgers a partition: four partitions a lake. */
export const SIZE = 5;

/** What `parquetry backfill --json` prints for a run that waits for a person. */
export interface ParkedRun {
  readonly workflowId: string;
  readonly url: string;
  readonly parkedUrl: string;
  readonly error: { readonly code: string };
  readonly progress: BackfillProgress;
}

/** The findings of `tests/faults/reader.py` for a dataset, compared with the reference. */
interface Counted {
  readonly rows: number;
  readonly lost: number;
  readonly extra: number;
}

/** `parquetry dev` in a separate folder: a real server, its UI, a real worker; and the lakes and archives of the tests. */
export class Site {
  readonly sandbox = new Sandbox();
  private dev: Running | undefined;
  /** Address of the Temporal UI. */
  ui = '';

  /** Starts the server and makes the archive that the others are compared with. */
  async open(): Promise<void> {
    const dev = await this.sandbox.dev();
    this.dev = dev;
    this.ui = /http:\/\/127\.0\.0\.1:\d+/.exec(dev.stderr())?.[0] ?? '';
    const { code, stderr } = await this.sandbox.run(this.command(await this.lake('reference')));
    if (code !== 0) throw new Error(`the reference archive failed:\n${stderr}`);
  }

  /** A complete lake. */
  lake(name: string): Promise<Lake> {
    return Lake.write(this.sandbox.path(name));
  }

  /** The archive of a lake. */
  archive(lake: Lake): string {
    return `${lake.dir}-archive`;
  }

  /** Arguments of the backfill of a lake into its archive. */
  command(lake: Lake, ...more: string[]): string[] {
    return [
      ...['backfill', '--source', `galexie:${lake.dir}`, '--archive', this.archive(lake)],
      ...['--ledgers', `${lake.range.start}-${lake.range.end}`, '--partition-size', String(SIZE), ...more],
    ];
  }

  /** Runs the backfill until only parked partitions are left. */
  async park(lake: Lake, parked: number): Promise<ParkedRun> {
    const { code, document } = await this.sandbox.json<ParkedRun>(this.command(lake));
    expect({ code, error: document.error?.code }).toEqual({ code: 1, error: 'PARTITIONS_PARKED' });
    expect(document.progress.parked).toBe(parked);
    return document;
  }

  /** Workflow id of the partition that has a ledger. */
  partition(run: string, ledger: number): string {
    return partitionWorkflowId(run, String(Math.floor(ledger / SIZE) * SIZE).padStart(10, '0'));
  }

  /** `verify` finds no fault, and pyarrow, through delta-rs' file list, every row of the reference exactly once. */
  async whole(lake: Lake): Promise<void> {
    const archive = this.archive(lake);
    const ledgers = `${lake.range.start}-${lake.range.end}`;
    const verified = await this.sandbox.run(['verify', '--archive', archive, '--ledgers', ledgers]);
    expect({ code: verified.code, found: verified.code === 0 ? '' : verified.stdout }).toEqual({
      code: 0,
      found: '',
    });
    const archives = [`${this.sandbox.path('reference')}-archive`, archive];
    const input = archives.map((each) => `${JSON.stringify({ archive: each, options: {} })}\n`).join('');
    const script = path.join(__dirname, '../faults/reader.py');
    const { stdout, stderr } = spawnSync(PYTHON ?? 'python3', [script], { input, encoding: 'utf8' });
    const [reference, counted] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, Counted>);
    if (reference === undefined || counted === undefined) throw new Error(stderr);
    expect(Object.keys(counted).sort()).toEqual(Object.keys(reference).sort());
    for (const [dataset, { rows, lost, extra }] of Object.entries(counted))
      expect({ dataset, rows, lost, extra }).toEqual({
        dataset,
        rows: reference[dataset]?.rows,
        lost: 0,
        extra: 0,
      });
    expect(Object.values(counted).some(({ rows }) => rows > 0)).toBe(true);
  }

  async close(): Promise<void> {
    this.dev?.child.kill('SIGINT');
    await this.dev?.ended;
    await this.sandbox.dispose();
  }
}

import { Worker } from 'node:worker_threads';

/** A case may take this long; then it hangs, and the process is ended, because nothing else stops a busy loop. */
const HANG_MS = 90_000;
/** Resident memory that a running case may add; the check after each case does not see one that never ends. */
const GROWTH_BYTES = 4e9;

/** Runs in the thread. Its timer keeps the thread alive; the thread does not keep the process alive. */
export const WATCH = `
const { workerData: { state, names, ms, most } } = require('node:worker_threads');
const cells = new Int32Array(state);
let last = -1, since = Date.now();
setInterval(() => {
  const beat = Atomics.load(cells, 0);
  if (beat !== last) { last = beat; since = Date.now(); }
  if (Atomics.load(cells, 3) === 0) return;
  const grows = process.memoryUsage.rss() > most;
  if (!grows && Date.now() - since < ms) return;
  const where = '--target ' + names[cells[1]] + ' --index ' + cells[2];
  require('node:fs').writeSync(2, 'A fuzz case ' + (grows ? 'fills the memory: ' : 'hangs: ') + where + '\\n');
  process.kill(process.pid, 'SIGKILL');
}, 250);
`;

/** Ends the process when a case hangs, also in a busy loop, or fills the memory, after it has named the case. */
export class Watchdog {
  private readonly cells = new Int32Array(new SharedArrayBuffer(16));
  private readonly worker: Worker;

  constructor(private readonly names: readonly string[]) {
    this.worker = new Worker(WATCH, {
      eval: true,
      workerData: {
        state: this.cells.buffer,
        names,
        ms: HANG_MS,
        most: process.memoryUsage.rss() + GROWTH_BYTES,
      },
      // The program's own flags and environment are of no use to it.
      execArgv: [],
    });
    this.worker.unref();
  }

  /** A case begins. */
  begin(target: string, index: number): void {
    Atomics.store(this.cells, 1, this.names.indexOf(target));
    Atomics.store(this.cells, 2, index);
    Atomics.store(this.cells, 3, 1);
    Atomics.add(this.cells, 0, 1);
  }

  /** No case runs. */
  rest(): void {
    Atomics.store(this.cells, 3, 0);
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}

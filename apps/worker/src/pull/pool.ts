import { existsSync } from 'node:fs';
import path from 'node:path';
import v8 from 'node:v8';
import { Worker } from 'node:worker_threads';
import { Semaphore, ParquetryError, type StageManifest } from '@parquetry/core';
import { type PullHooks, type PullJob, runPull } from './job';
import { type FromThread, type ToThread, revivedError } from './messages';

/** The compiled thread; sources that run without being compiled (unit tests) pull in their own thread. */
const THREAD = path.join(__dirname, 'thread.js');
/** A thread that nobody needs for so long is ended: a tail's next flush may be minutes away. */
const IDLE_MS = 300_000;
/** Time that a pull gets to stop by itself when it is cancelled. */
const ABORT_MS = 500;

/** Limits of the pull threads. */
export interface PullPoolOptions {
  /** Pulls at once; the others wait. */
  readonly threads: number;
  /** Most memory of one thread's objects, bytes. */
  readonly heapBytes: number;
  /** The compiled thread script. */
  readonly script?: string;
}

interface Idle {
  readonly thread: Worker;
  readonly timer: NodeJS.Timeout;
}

/**
 * Runs pulls on threads of their own: scanning messages and decoding ledgers is the processor's work, which would keep
 * the event loop from heartbeats and let only one core work. Threads are kept warm between pulls.
 */
export class PullPool {
  private readonly idle: Idle[] = [];
  /** Threads that have no heap yet. */
  private starting = 0;
  private readonly gate: Semaphore;
  private readonly script: string | undefined;

  constructor(private readonly options: PullPoolOptions) {
    this.gate = new Semaphore(options.threads);
    const script = options.script ?? THREAD;
    this.script = existsSync(script) ? script : undefined;
  }

  /** Stages a partition. An aborted pull ends within a second. @throws ParquetryError as the source does; CANCELLED */
  async run(job: PullJob, hooks: PullHooks): Promise<StageManifest> {
    const { script } = this;
    if (script === undefined) return runPull(job, hooks);
    return this.gate.run(hooks.signal, async () => {
      const thread = this.take(script);
      const { manifest, heapBytes } = await converse(thread, job, hooks);
      // A long pull leaves a heap that the write of the same partition may need the memory of.
      if (heapBytes > this.options.heapBytes / 2) await thread.terminate();
      else this.keep(thread);
      return manifest;
    });
  }

  /** Starts all threads, which then load their code while nobody waits for them. */
  warm(): void {
    const { script } = this;
    if (script === undefined) return;
    for (let count = this.idle.length; count < this.options.threads; count += 1)
      this.keep(this.start(script));
  }

  /** Ends the threads that wait for work; pulls must have ended. */
  async close(): Promise<void> {
    const idle = this.idle.splice(0);
    for (const { timer } of idle) clearTimeout(timer);
    await Promise.all(idle.map(({ thread }) => thread.terminate()));
  }

  private take(script: string): Worker {
    const warm = this.idle.pop();
    if (warm !== undefined) {
      clearTimeout(warm.timer);
      warm.thread.ref();
      return warm.thread;
    }
    return this.start(script);
  }

  private start(script: string): Worker {
    const heapMb = Math.ceil(this.options.heapBytes / 2 ** 20);
    // V8 would take 48 MB for young objects beside the limit, which a small one has no room for.
    const resourceLimits = {
      maxOldGenerationSizeMb: heapMb,
      maxYoungGenerationSizeMb: Math.min(48, Math.ceil(heapMb / 6)),
    };
    const thread = this.roomy(() => new Worker(script, { resourceLimits }), Math.ceil(heapMb / 3));
    // One that ends while it waits for work is not missed; with work, `converse` hears of it.
    thread.on('error', () => undefined).once('exit', () => this.forget(thread));
    return thread;
  }

  /**
   * Starts a thread whose heap has so many MB before its first full collection: of one that grows from nothing V8 would
   * make one every hundred milliseconds, a tenth of a pull's time. The flag is the process's, so it is taken back.
   */
  private roomy(start: () => Worker, heapMb: number): Worker {
    v8.setFlagsFromString(`--initial-old-space-size=${heapMb}`);
    this.starting += 1;
    let begun = false;
    const done = (): void => {
      if (begun) return;
      begun = true;
      this.starting -= 1;
      if (this.starting === 0) v8.setFlagsFromString('--initial-old-space-size=0');
    };
    return start().once('online', done).once('exit', done);
  }

  private keep(thread: Worker): void {
    thread.unref();
    const timer = setTimeout(() => {
      this.forget(thread);
      void thread.terminate();
    }, IDLE_MS);
    timer.unref();
    this.idle.push({ thread, timer });
  }

  private forget(thread: Worker): void {
    const at = this.idle.findIndex((idle) => idle.thread === thread);
    if (at >= 0) clearTimeout(this.idle.splice(at, 1)[0]?.timer);
  }
}

/** One job on one thread. A thread whose job failed is ended: it may still be busy with it. */
function converse(
  thread: Worker,
  job: PullJob,
  { signal, onProgress, onDecision }: PullHooks,
): Promise<{ manifest: StageManifest; heapBytes: number }> {
  return new Promise((resolve, reject) => {
    let doom: NodeJS.Timeout | undefined;
    const abort = (): void => {
      thread.postMessage({ kind: 'abort' } satisfies ToThread);
      doom = setTimeout(() => fail(new ParquetryError('CANCELLED', 'A pull was cancelled.')), ABORT_MS);
    };
    const settle = (): void => {
      clearTimeout(doom);
      signal.removeEventListener('abort', abort);
      thread.off('message', hear).off('error', broke).off('exit', ended);
    };
    const fail = (error: Error): void => {
      settle();
      // Only a thread that has ended writes no more into the stage, which is removed next.
      void thread.terminate().finally(() => reject(error));
    };
    const hear = (message: FromThread): void => {
      if (message.kind === 'progress') return onProgress(message.progress);
      if (message.kind === 'decision') return onDecision?.(message.decision);
      if (message.kind === 'failed') return fail(revivedError(message.error));
      settle();
      resolve(message);
    };
    const broke = (error: NodeJS.ErrnoException): void => fail(threadError(error));
    const ended = (code: number): void =>
      fail(new ParquetryError('INTERNAL', `A pull thread ended with code ${code}.`));
    thread.on('message', hear).on('error', broke).on('exit', ended);
    signal.addEventListener('abort', abort, { once: true });
    thread.postMessage({ kind: 'run', job, decisions: onDecision !== undefined } satisfies ToThread);
    if (signal.aborted) abort();
  });
}

function threadError(error: NodeJS.ErrnoException): Error {
  if (error.code !== 'ERR_WORKER_OUT_OF_MEMORY') return error;
  return new ParquetryError('OUT_OF_MEMORY', 'A pull needed more memory than its thread may take.', {
    hint: 'Give the worker more memory with --memory, or take smaller partitions.',
    cause: error,
  });
}

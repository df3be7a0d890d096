import { AsyncResource } from 'node:async_hooks';
import { existsSync } from 'node:fs';
import path from 'node:path';
import v8 from 'node:v8';
import { Worker } from 'node:worker_threads';
import { Semaphore, ParquetryError, type StageManifest } from '@parquetry/core';
import type { PastOperation } from '@parquetry/telemetry';
import { type PullHooks, type PullJob, runPull } from './job';
import { type FromThread, type ToThread, revivedError } from './messages';

/** The compiled thread; uncompiled sources (unit tests) pull in the main thread. */
const THREAD = path.join(__dirname, 'thread.js');
/** An idle thread ends after this time: a tail's next flush may be minutes away. */
const IDLE_MS = 300_000;
/** Grace period for a cancelled pull. */
const ABORT_MS = 500;

/** Limits of the pull threads. */
export interface PullPoolOptions {
  /** Concurrent pulls; the others wait. */
  readonly threads: number;
  /** Heap limit of one thread, bytes. */
  readonly heapBytes: number;
  /** The compiled thread script. */
  readonly script?: string;
}

interface Idle {
  readonly thread: Worker;
  readonly timer: NodeJS.Timeout;
}

/**
 * Runs pulls on separate threads: scanning messages and decoding ledgers is CPU-bound, and would block heartbeats on
 * the event loop and use only one core. Threads are reused between pulls.
 */
export class PullPool {
  private readonly idle: Idle[] = [];
  /** Threads whose heap does not exist yet. */
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
      // A long pull leaves a large heap; the write of the same partition may need its memory.
      if (heapBytes > this.options.heapBytes / 2) await thread.terminate();
      else this.keep(thread);
      return manifest;
    });
  }

  /** Starts all threads, so that they load their code before they are needed. */
  warm(): void {
    const { script } = this;
    if (script === undefined) return;
    for (let count = this.idle.length; count < this.options.threads; count += 1)
      this.keep(this.start(script));
  }

  /** Ends the idle threads; pulls must have ended. */
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
    // V8 would use 48 MB for young objects in addition to the limit, too much for a small budget.
    const resourceLimits = {
      maxOldGenerationSizeMb: heapMb,
      maxYoungGenerationSizeMb: Math.min(48, Math.ceil(heapMb / 6)),
    };
    const thread = this.roomy(() => new Worker(script, { resourceLimits }), Math.ceil(heapMb / 3));
    // The exit of an idle thread is ignored; `converse` handles the exit of a busy one.
    thread.on('error', () => undefined).once('exit', () => this.forget(thread));
    return thread;
  }

  /**
   * Starts a thread with an initial heap of the given MB: with a heap that grows from zero V8 would run a full
   * collection every 100 ms, a tenth of a pull's time. The flag is process-wide, so it is reset.
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

/** Runs one job on one thread. After a failure the thread is terminated: it may still be working on the job. */
function converse(
  thread: Worker,
  job: PullJob,
  { signal, onProgress, onDecision, onOperations }: PullHooks,
): Promise<{ manifest: StageManifest; heapBytes: number }> {
  return new Promise((resolve, reject) => {
    let doom: NodeJS.Timeout | undefined;
    // A message arrives in the context of the thread, and belongs to the context of the step.
    const report = AsyncResource.bind((operations: readonly PastOperation[]) => onOperations?.(operations));
    const abort = (): void => {
      thread.postMessage({ kind: 'abort' } satisfies ToThread);
      doom = setTimeout(() => fail(new ParquetryError('CANCELLED', 'A pull was cancelled.')), ABORT_MS);
    };
    const settle = (): void => {
      clearTimeout(doom);
      signal.removeEventListener('abort', abort);
      thread.off('message', onMessage).off('error', broke).off('exit', ended);
    };
    const fail = (error: Error): void => {
      settle();
      // Wait for the thread to end, so that it no longer writes into the stage, which is removed next.
      void thread.terminate().finally(() => reject(error));
    };
    const onMessage = (message: FromThread): void => {
      if (message.kind === 'progress') return onProgress(message.progress);
      if (message.kind === 'decision') return onDecision?.(message.decision);
      if (message.kind === 'operations') return report(message.operations);
      if (message.kind === 'failed') return fail(revivedError(message.error));
      settle();
      resolve(message);
    };
    const broke = (error: NodeJS.ErrnoException): void => fail(threadError(error));
    const ended = (code: number): void =>
      fail(new ParquetryError('INTERNAL', `A pull thread ended with code ${code}.`));
    thread.on('message', onMessage).on('error', broke).on('exit', ended);
    signal.addEventListener('abort', abort, { once: true });
    const [decisions, operations] = [onDecision !== undefined, onOperations !== undefined];
    thread.postMessage({ kind: 'run', job, decisions, operations } satisfies ToThread);
    if (signal.aborted) abort();
  });
}

function threadError(error: NodeJS.ErrnoException): Error {
  if (error.code !== 'ERR_WORKER_OUT_OF_MEMORY') return error;
  return new ParquetryError('OUT_OF_MEMORY', 'A pull needed more memory than its thread may use.', {
    hint: 'Give the worker more memory with --memory, or use smaller partitions.',
    cause: error,
  });
}

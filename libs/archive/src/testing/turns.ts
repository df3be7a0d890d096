import { setTimeout as sleep } from 'node:timers/promises';
import { ParquetryError } from '@parquetry/core';
import type { ObjectStore } from '@parquetry/storage';

/** One writer of a schedule: what it does with its store, and the operation at which it crashes, if any. */
export interface TurnWriter<T> {
  readonly run: (store: ObjectStore) => Promise<T>;
  readonly crash?: { readonly at: number; readonly when: 'before' | 'after' };
}

/** Operations that return a stream; starting it is one step. */
const STREAMS: ReadonlySet<string | symbol> = new Set(['list', 'folders', 'names', 'read']);

interface Waiting {
  readonly go: () => Promise<void>;
}

/**
 * Runs writers over one store, one operation of the store at a time, in the order of `schedule`: each entry is the
 * writer that runs next; after its end the writers alternate. Returns the outcome of each writer.
 */
export async function takeTurns<T>(
  store: ObjectStore,
  writers: readonly TurnWriter<T>[],
  schedule: readonly number[],
): Promise<PromiseSettledResult<T>[]> {
  const lines = writers.map((): Waiting[] => []);
  const ended = writers.map(() => false);
  const runs = writers.map(({ run, crash }, index) =>
    run(gated(store, lines[index] as Waiting[], crash)).finally(() => (ended[index] = true)),
  );
  const settled = Promise.allSettled(runs);
  for (let turn = 0; ended.includes(false); turn++) {
    const wanted = schedule[turn] ?? turn;
    const index = wanted % writers.length;
    const line = lines[index] as Waiting[];
    // A writer may pause between two operations; its turn waits for it.
    for (let ticks = 0; line.length === 0 && !ended[index]; ticks++)
      await (ticks < 20 ? new Promise(setImmediate) : sleep(1));
    await line.shift()?.go();
  }
  return settled;
}

/** The store with a gate before each operation. After a crash all operations of the writer fail. */
function gated(store: ObjectStore, line: Waiting[], crash: TurnWriter<unknown>['crash']): ObjectStore {
  let count = 0;
  const step = <R>(run: () => Promise<R>): Promise<R> =>
    new Promise((resolve, reject) => {
      const index = count++;
      line.push({
        go: async () => {
          try {
            if (crash !== undefined && (index > crash.at || (index === crash.at && crash.when === 'before')))
              throw crashed();
            const result = await run();
            if (index === crash?.at) throw crashed();
            resolve(result);
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        },
      });
    });
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      const call = (...args: unknown[]): unknown => Reflect.apply(value, target, args);
      if (name === 'localPath') return call;
      if (STREAMS.has(name))
        return async function* (...args: unknown[]): AsyncGenerator<unknown> {
          await step(() => Promise.resolve());
          yield* call(...args) as AsyncIterable<unknown>;
        };
      return (...args: unknown[]) => step(async () => call(...args));
    },
  });
}

function crashed(): ParquetryError {
  return new ParquetryError('STORAGE_UNREACHABLE', 'The writer crashed on purpose.');
}

import { setTimeout as sleep } from 'node:timers/promises';
import { ParquetryError } from '@parquetry/core';
import type { ObjectStore } from '@parquetry/storage';

/** One writer of a schedule: what it does with its store, and the operation at which it crashes, if it does. */
export interface TurnWriter<T> {
  readonly run: (store: ObjectStore) => Promise<T>;
  readonly crash?: { readonly at: number; readonly when: 'before' | 'after' };
}

interface Waiting {
  readonly go: () => Promise<void>;
}

/**
 * Runs writers over one store, one operation of the store at a time, in the order that `schedule` says: each entry is
 * the writer whose turn it is; when it is at its end, the writers take turns. Gives what became of each.
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
    // Between two operations a writer may pause; its turn waits for it.
    for (let ticks = 0; line.length === 0 && !ended[index]; ticks++)
      await (ticks < 20 ? new Promise(setImmediate) : sleep(1));
    await line.shift()?.go();
  }
  return settled;
}

/** The store with a gate before each operation. A crashed writer's operations all fail from then on. */
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
  return {
    uri: store.uri,
    putIfAbsent: (key, bytes) => step(() => store.putIfAbsent(key, bytes)),
    replace: (key, bytes) => step(() => store.replace(key, bytes)),
    uploadIfAbsent: (key, file, expected) => step(() => store.uploadIfAbsent(key, file, expected)),
    get: (key) => step(() => store.get(key)),
    getRange: (key, start, length) => step(() => store.getRange(key, start, length)),
    stat: (key) => step(() => store.stat(key)),
    sha256: (key) => step(() => store.sha256(key)),
    async *list(prefix, options) {
      await step(() => Promise.resolve());
      yield* store.list(prefix, options);
    },
    async *folders(folder) {
      await step(() => Promise.resolve());
      yield* store.folders(folder);
    },
    delete: (key) => step(() => store.delete(key)),
    localPath: (key) => store.localPath(key),
  };
}

function crashed(): ParquetryError {
  return new ParquetryError('STORAGE_UNREACHABLE', 'The writer crashed on purpose.');
}

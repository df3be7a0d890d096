import { isParquetryError } from '@parquetry/core';

/** Values that describe an operation: names, keys and counts. Never a credential, never a value of a row. */
export type Facts = Readonly<Record<string, string | number | boolean>>;

/** A request or statement within a step, as metrics and traces record it. */
export interface Operation {
  readonly kind: 'storage' | 'source' | 'duckdb' | 'verify';
  /** One of few names, such as `get` or `COPY`. */
  readonly name: string;
  readonly facts: Facts;
}

/** How an operation ended. */
export interface Ending {
  readonly facts?: Facts;
  readonly error?: unknown;
  /** Of a stream: the time in which its reader waited for items. The reader's own time between them is not in it. */
  readonly waitedMs?: number;
}

/** Records operations: called when one begins, and its result when it ends. */
export type Observer = (operation: Operation) => (ending: Ending) => void;

let current: Observer | undefined;

/** Sets the observer of this thread; undefined to stop observing. */
export function setObserver(observer: Observer | undefined): void {
  current = observer;
}

/** Whether operations of this thread are observed. */
export function isObserved(): boolean {
  return current !== undefined;
}

/**
 * Runs `work` as an operation. Without an observer it only runs it. `facts` describes the result, `coded` gives the error
 * with a code for one that has none.
 */
export function observed<T>(
  operation: Operation,
  work: () => Promise<T>,
  facts?: (result: T) => Facts,
  coded?: (error: unknown) => unknown,
): Promise<T> {
  return current === undefined ? work() : record(current(operation), work, facts, coded);
}

async function record<T>(
  end: (ending: Ending) => void,
  work: () => Promise<T>,
  facts: ((result: T) => Facts) | undefined,
  coded: (error: unknown) => unknown = (error) => error,
): Promise<T> {
  let ending: Ending = {};
  try {
    const result = await work();
    ending = facts === undefined ? {} : { facts: facts(result) };
    return result;
  } catch (error) {
    ending = failed(coded(error));
    throw error;
  } finally {
    end(ending);
  }
}

/** A missing object is an answer: hints and markers are often absent. */
function failed(error: unknown): Ending {
  return isParquetryError(error) && error.code === 'OBJECT_NOT_FOUND'
    ? { facts: { outcome: 'missing' } }
    : { error };
}

/** The items of `stream` as one operation, with the time that its reader waited for them; `size` is that of an item. */
export async function* observedStream<T>(
  operation: Operation,
  stream: AsyncIterable<T>,
  size: (item: T) => number,
): AsyncGenerator<T> {
  if (current === undefined) return yield* stream;
  const end = current(operation);
  let items = 0;
  let total = 0;
  let waitedMs = 0;
  let ending: Ending = {};
  let began = performance.now();
  const arrived = (): void => void (waitedMs += performance.now() - began);
  try {
    for await (const item of stream) {
      arrived();
      items += 1;
      total += size(item);
      yield item;
      began = performance.now();
    }
    arrived();
  } catch (error) {
    arrived();
    ending = failed(error);
    throw error;
  } finally {
    end({ ...ending, waitedMs, facts: { items, size: total, ...ending.facts } });
  }
}

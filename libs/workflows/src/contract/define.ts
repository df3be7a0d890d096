import type { QueryDefinition, SignalDefinition, UpdateDefinition } from '@temporalio/common';

// The same objects as those of the SDK's functions. Commands use them without loading the SDK's workflow library.

/** Defines a signal by its name. */
export function defineSignal<Args extends unknown[] = []>(name: string): SignalDefinition<Args> {
  return { type: 'signal', name } as SignalDefinition<Args>;
}

/** Defines a query without arguments by its name. */
export function defineQuery<Result>(name: string): QueryDefinition<Result> {
  return { type: 'query', name } as QueryDefinition<Result>;
}

/** Defines an update by its name. */
export function defineUpdate<Result, Args extends unknown[]>(name: string): UpdateDefinition<Result, Args> {
  return { type: 'update', name } as UpdateDefinition<Result, Args>;
}

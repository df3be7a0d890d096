import { setTimeout as sleep } from 'node:timers/promises';
import { ParquetryError } from '@parquetry/core';

const MAX_ATTEMPTS = 400;
const MAX_PAUSE_MS = 250;

/** What an attempt to commit did: it is done, another writer took the version, or it is ready for the next attempt. */
export type CommitStep<T> =
  { readonly kind: 'done'; readonly result: T } | { readonly kind: 'lost' } | { readonly kind: 'ready' };

/**
 * Repeats an attempt until it has committed, with a random pause after each lost race.
 * @throws ParquetryError COMMIT_CONTENDED
 */
export async function untilCommitted<T>(dataset: string, attempt: () => Promise<CommitStep<T>>): Promise<T> {
  for (let number = 0; number < MAX_ATTEMPTS; number++) {
    const step = await attempt();
    if (step.kind === 'done') return step.result;
    if (step.kind === 'lost') await sleep(Math.random() * Math.min(MAX_PAUSE_MS, 4 * (number + 1)));
  }
  throw new ParquetryError(
    'COMMIT_CONTENDED',
    `The commit of ${dataset} lost ${MAX_ATTEMPTS} races against other writers.`,
    { details: { dataset }, hint: 'Try again, with fewer concurrent partitions.' },
  );
}

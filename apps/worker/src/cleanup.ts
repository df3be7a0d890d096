import type { TidyRule } from './tidy';
import type { Workplace } from './workplace';

/** How often the work folder is tidied, milliseconds. */
const INTERVAL_MS = 10_000;
/** A step may take twelve hours, and one that waits for a worker gives up after ten minutes. Milliseconds. */
const STALE_MS = 24 * 3_600_000;
/** After this long without a change the owner of a stage is looked at, milliseconds. */
const IDLE_MS = 20_000;

/**
 * Tidies a work folder now and at intervals. A failure is retried at the next interval.
 * @returns stops it: waits for a pass that is under way, then removes the spools of runs that are over
 */
export function startCleanup(workplace: Workplace, isOver: TidyRule['isOver']): () => Promise<void> {
  const tidy = (): Promise<void> => {
    const now = Date.now();
    return workplace.tidy({ stale: now - STALE_MS, idle: now - IDLE_MS, isOver }).catch(() => undefined);
  };
  let pass = tidy();
  const timer = setInterval(() => {
    pass = pass.then(tidy);
  }, INTERVAL_MS);
  return async () => {
    clearInterval(timer);
    await pass;
    // The run that this worker was started for may be over by now, and no other worker may come.
    const now = Date.now();
    await workplace.tidySpools({ stale: now - STALE_MS, idle: now + 1, isOver }).catch(() => undefined);
  };
}

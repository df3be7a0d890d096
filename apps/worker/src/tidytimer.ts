import type { TidyRule } from './tidyrule';
import type { Workplace } from './workplace';

/** Interval of the cleanup of the work folder, milliseconds. */
const INTERVAL_MS = 10_000;
/**
 * Age after which unchanged folders are removed, milliseconds: a step may take twelve hours, and one that waits for a
 * worker times out after ten minutes.
 */
const STALE_MS = 24 * 3_600_000;
/** After this long without a change the owner of a stage is checked, milliseconds. */
const IDLE_MS = 20_000;

/**
 * Cleans up a work folder now and at intervals. A failure is retried at the next interval.
 * @returns a function that stops it: waits for a running pass, then removes the spools of finished runs
 */
export function startCleanup(workplace: Workplace, isOver: TidyRule['isOver']): () => Promise<void> {
  const tidy = async (): Promise<void> => {
    const now = await workplace.now();
    // Many folders may belong to one workflow.
    const answers = new Map<string, Promise<boolean>>();
    const once = (id: string): Promise<boolean> => {
      const answer = answers.get(id) ?? isOver(id);
      answers.set(id, answer);
      return answer;
    };
    await workplace.tidy({ stale: now - STALE_MS, idle: now - IDLE_MS, isOver: once }).catch(() => undefined);
  };
  let pass: Promise<void> | undefined;
  const start = (): void => {
    pass ??= tidy().finally(() => (pass = undefined));
  };
  start();
  const timer = setInterval(start, INTERVAL_MS);
  return async () => {
    clearInterval(timer);
    await pass;
    // The run of this worker may have ended, and there may be no later worker.
    const now = await workplace.now();
    await workplace.tidySpools({ stale: now - STALE_MS, idle: now + 1, isOver }).catch(() => undefined);
  };
}

/** Concurrent reads, since a request to a remote store has latency, whatever its size. */
const AT_ONCE = 32;

/** Limit for work on whole datasets: the replayed log of one may take many megabytes. */
export const DATASETS_AT_ONCE = 4;

/** Runs `work` for every item with limited concurrency; results are in the order of the items. */
export async function inBatches<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  atOnce = AT_ONCE,
): Promise<R[]> {
  const results: R[] = [];
  for (let first = 0; first < items.length; first += atOnce)
    results.push(...(await Promise.all(items.slice(first, first + atOnce).map(work))));
  return results;
}

/** Concurrent reads, since a request to a remote store has latency, whatever its size. */
const AT_ONCE = 32;

/** Runs `work` for every item with limited concurrency; results are in the order of the items. */
export async function inBatches<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let first = 0; first < items.length; first += AT_ONCE)
    results.push(...(await Promise.all(items.slice(first, first + AT_ONCE).map(work))));
  return results;
}

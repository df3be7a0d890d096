/** Objects that are read at once: a request to a remote store takes its time, whatever it asks for. */
const AT_ONCE = 32;

/** `work` of every item, some at once; results in the order of the items. */
export async function inBatches<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let first = 0; first < items.length; first += AT_ONCE)
    results.push(...(await Promise.all(items.slice(first, first + AT_ONCE).map(work))));
  return results;
}

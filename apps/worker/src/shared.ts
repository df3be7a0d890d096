/**
 * Runs `work`, or returns its result if a call with the same key is running. For checks and reads of objects that never
 * change: what a caller gets may have been read just before its call.
 */
export function whileRunning<T>(
  running: Map<string, Promise<T>>,
  key: string,
  work: () => Promise<T>,
): Promise<T> {
  const known = running.get(key);
  if (known !== undefined) return known;
  const result = work().finally(() => running.delete(key));
  running.set(key, result);
  return result;
}

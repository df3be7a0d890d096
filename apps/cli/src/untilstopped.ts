/** Waits until a worker stops or the signal fires. */
export async function untilStopped(stopped: Promise<void> | undefined, signal: AbortSignal): Promise<void> {
  const interrupted = new Promise<void>((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  await Promise.race([interrupted, ...(stopped === undefined ? [] : [stopped])]);
}

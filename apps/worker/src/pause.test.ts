import { getEventListeners } from 'node:events';
import { pause } from './pause';

describe('a pause', () => {
  it('ends after its time, or when the worker stops, and leaves no listener', async () => {
    const [step, worker] = [new AbortController(), new AbortController()];
    await pause(1, step.signal, worker.signal);
    const long = pause(100_000, step.signal, worker.signal);
    worker.abort();
    await long;
    await pause(100_000, step.signal, worker.signal);
    for (const { signal } of [step, worker]) expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('fails when its step is cancelled', async () => {
    const [step, worker] = [new AbortController(), new AbortController()];
    const long = pause(100_000, step.signal, worker.signal);
    step.abort();
    await expect(long).rejects.toMatchObject({ name: 'AbortError' });
    await expect(pause(100_000, step.signal, worker.signal)).rejects.toMatchObject({ name: 'AbortError' });
    expect(getEventListeners(worker.signal, 'abort')).toHaveLength(0);
  });
});

import { Semaphore } from './semaphore';

const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe('Semaphore', () => {
  it('limits concurrency and serves waiters in FIFO order', async () => {
    const gate = new Semaphore(2);
    const order: number[] = [];
    let running = 0;
    let most = 0;
    const call = (index: number): Promise<void> =>
      gate.run(undefined, async () => {
        order.push(index);
        most = Math.max(most, ++running);
        await tick();
        running -= 1;
      });
    await Promise.all([0, 1, 2, 3, 4, 5].map(call));
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
    expect(most).toBe(2);
  });

  it('gives the slot of a failed call to the next waiter, and no slot to a cancelled call', async () => {
    const gate = new Semaphore(1);
    const abort = new AbortController();
    const failing = gate.run(undefined, async () => {
      await tick();
      throw new Error('failed');
    });
    const waiting = gate.run(abort.signal, () => Promise.resolve('never'));
    const next = gate.run(undefined, () => Promise.resolve('next'));
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(failing).rejects.toThrow('failed');
    await expect(next).resolves.toBe('next');
    await expect(gate.run(abort.signal, () => Promise.resolve('free'))).resolves.toBe('free');
  });
});

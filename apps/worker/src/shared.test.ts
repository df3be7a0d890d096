import { whileRunning } from './shared';

describe('whileRunning', () => {
  it('runs once for concurrent calls with the same key, and again for later ones, also after a failure', async () => {
    const running = new Map<string, Promise<number>>();
    let runs = 0;
    const work = async (): Promise<number> => {
      runs += 1;
      const run = runs;
      await Promise.resolve();
      if (run === 2) throw new Error('gone');
      return run;
    };
    const together = ['a', 'a', 'b', 'a'].map((key) => whileRunning(running, key, work));
    const settled = await Promise.allSettled(together);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(runs).toBe(2);
    expect(running.size).toBe(0);
    expect(await whileRunning(running, 'b', work)).toBe(3);
    expect(running.size).toBe(0);
  });
});

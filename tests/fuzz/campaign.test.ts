import { setTimeout as sleep } from 'node:timers/promises';
import { runCases, timeBox } from './campaign';
import type { Target } from './target';
import { Watchdog } from './watchdog';

const slow: Target = {
  name: 'slow',
  ci: 100,
  open: () => Promise.resolve({ run: () => sleep(20) }),
};

it('the time of a target ends a run, but not before its floor', async () => {
  const watchdog = new Watchdog([slow.name]);
  const run = async (milliseconds: number, floor: number): Promise<number> =>
    (await runCases(slow, { seed: 1, cases: 100, dir: '', watchdog, box: { milliseconds, floor } })).cases;
  try {
    expect(await run(0, 3)).toBe(3);
    const some = await run(200, 1);
    expect(some).toBeGreaterThan(1);
    expect(some).toBeLessThanOrEqual(11);
  } finally {
    await watchdog.close();
  }
});

it('CI has a floor, a number of cases no time, and a campaign shares its time in turns', () => {
  expect(timeBox({}, 14, 25)).toEqual({ milliseconds: 60_000, floor: 7 });
  expect(timeBox({ PARQUETRY_FUZZ_CASES: '5' }, 14, 5)).toBeUndefined();
  expect(timeBox({ PARQUETRY_FUZZ_SECONDS: '140' }, 14, Infinity)).toEqual({
    milliseconds: 10_000,
    floor: 1,
  });
  expect(timeBox({ PARQUETRY_FUZZ_SECONDS: 'Infinity' }, 14, Infinity)).toEqual({
    milliseconds: 600_000,
    floor: 1,
  });
});

import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeSampleLake } from '@parquetry/sample';
import type { BackfillResult } from '@parquetry/workflows';
import { Sandbox } from '../support/cli';
import { allCover, coverageOf } from '../support/coverage';

const KILLS = 2;

describe('a worker that is killed during a pull', () => {
  const sandbox = new Sandbox();
  afterAll(() => sandbox.dispose());
  const stages = sandbox.path('.parquetry', 'work', 'stages');
  const names = (...parts: string[]): string[] => {
    const dir = [stages, ...parts].join('/');
    return existsSync(dir) ? readdirSync(dir) : [];
  };
  /** Stages without a manifest: their pulls run, or died. */
  const unfinished = (): string[] => names().filter((stage) => !names(stage).includes('manifest.json'));

  it('leaves a stage without a workflow; the next worker removes it', async () => {
    const { ledgers } = await writeSampleLake({ dir: sandbox.path('lake'), ledgers: 400 });
    const backfill = [
      ...['backfill', '--source', 'galexie:lake', '--archive', 'archive', '--partition-size', '1000'],
      ...['--ledgers', `${ledgers.start}-${ledgers.end}`],
    ];
    for (let kill = 0; kill < KILLS; kill += 1) {
      const before = new Set(unfinished());
      const running = sandbox.start(backfill);
      const begun = (): boolean => unfinished().some((stage) => !before.has(stage));
      while (!begun() && running.child.exitCode === null) await sleep(2);
      running.child.kill('SIGKILL');
      expect((await running.ended).signal).toBe('SIGKILL');
      // Each worker removes the leftovers of the previous one.
      expect(unfinished()).toHaveLength(1);
    }
    const { code } = await sandbox.json<BackfillResult>(backfill);
    expect(code).toBe(0);
    expect(await coverageOf(sandbox.path('archive'))).toEqual(allCover(ledgers));
    expect(names()).toEqual([]);
  }, 400_000);
});

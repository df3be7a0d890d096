import {
  type BackfillProgress,
  type BackfillResult,
  type PartitionTask,
  type SharedActivities,
  progress,
  retryPartitions,
} from '@parquetry/workflows';
import { FakeSteps, fakeBackfill } from './fakes';
import { Rig, progressWhen } from './rig';

/** Of ledgers 10-19 dataset b has 10-12 already; 30-39 are committed. */
const TASKS: readonly PartitionTask[] = [
  { key: '0000000010-0000000012', range: { start: 10, end: 12 }, datasets: ['a'] },
  { key: '0000000013', range: { start: 13, end: 19 }, datasets: ['a', 'b'] },
  { key: '0000000020', range: { start: 20, end: 29 }, datasets: ['a', 'b'] },
];

describe('a partition committed in parts', () => {
  let rig: Rig;
  beforeAll(async () => void (rig = await Rig.start()), 120_000);
  afterAll(() => rig?.stop());

  it('is counted by its parts, and a parked part is retried by any of its ledgers', async () => {
    const input = fakeBackfill(3, { startsPerRun: 1 });
    const steps = new FakeSteps(input.spec, ['a', 'b']);
    steps.missing.add(13).add(20);
    const nextPartitions: SharedActivities['nextPartitions'] = async () => ({
      tasks: TASKS,
      cursor: 40,
      skipped: 1,
      split: 1,
    });
    await rig.backfill(
      input,
      steps,
      async (handle) => {
        const blocked = await progressWhen(handle, ({ phase }) => phase === 'blocked');
        expect(blocked).toMatchObject({ total: 4, done: 1, skipped: 1, parked: 2 });
        for (const starts of [[11], [17, 35], [40]])
          await expect(handle.executeUpdate(retryPartitions, { args: [{ starts }] })).rejects.toMatchObject({
            cause: {
              message: expect.stringMatching(
                new RegExp(`no parked partition contains ledger ${starts.at(-1)}; parked are 13-19, 20-29`),
              ) as string,
            },
          });
        steps.missing.clear();
        // A request that was refused for one partition had no effect on the others.
        expect(await handle.query<BackfillProgress>(progress.name)).toMatchObject({ parked: 2, running: 0 });
        expect(await handle.executeUpdate(retryPartitions, { args: [{ starts: [17] }] })).toEqual({
          signalled: 1,
          restarted: 0,
        });
        await progressWhen(handle, ({ done }) => done === 2);
        expect(await handle.executeUpdate(retryPartitions, { args: [{ starts: [20, 29] }] })).toEqual({
          signalled: 1,
          restarted: 0,
        });
        const { partitions } = (await handle.result()) as BackfillResult;
        expect(partitions).toEqual({ total: 4, done: 3, skipped: 1, abandoned: 0 });
        expect([...steps.committed].sort()).toEqual(
          ['a:10', 'a:13', 'a:20', 'b:13', 'b:20'].map((key) => [key, 1]),
        );
      },
      { nextPartitions },
    );
  }, 120_000);
});

import { writeSampleLake } from '@parquetry/sample';
import type { BackfillResult } from '@parquetry/workflows';
import { Sandbox } from '../support/cli';
import { coverageOf } from '../support/coverage';

describe('ranges of ledgers', () => {
  const sandbox = new Sandbox();
  afterAll(() => sandbox.dispose());

  it('are runs one after the other; the ledgers between them are not written', async () => {
    await sandbox.dev();
    const lake = sandbox.path('lake');
    const archive = sandbox.path('archive');
    // An hour around midnight, a ledger every 20 seconds.
    const layout = { ledgersPerBatch: 1, batchesPerPartition: 64 };
    const { ledgers } = await writeSampleLake({ dir: lake, ledgers: 181, layout });
    const { start } = ledgers;
    const midnight = start + 90;
    const source = ['--source', `galexie:${lake}`, '--archive', archive, '--types', 'ledgers'];
    const both = ['--ledgers', `${start}:+5,@2025-07-14T00:00Z:+1m,${start + 5}`];
    const done = await sandbox.json<{ runs: (BackfillResult & { workflowId: string })[] }>([
      ...['backfill', ...source, ...both],
    ]);
    expect(done.code).toBe(0);
    expect(done.document.runs.map(({ range, partitions }) => ({ range, ...partitions }))).toMatchObject([
      { range: { start, end: start + 5 }, done: 1 },
      { range: { start: midnight, end: midnight + 2 }, done: 1 },
    ]);
    expect(done.stderr).toContain(
      `Ledgers ${midnight}-${midnight + 2}, closed 2025-07-14 00:00:00 to 00:00:40 UTC.`,
    );
    expect(await coverageOf(archive)).toEqual({
      ledgers: [
        { start, end: start + 5 },
        { start: midnight, end: midnight + 2 },
      ],
    });
    const named = await sandbox.run(['backfill', ...source, ...both, '--id', 'x']);
    expect([named.code, named.stderr]).toEqual([2, expect.stringContaining('the ledgers are 2 ranges')]);

    // A tail that starts at a time and ends at a count from the newest ledger.
    const tail = await sandbox.run([
      ...['tail', ...source, '--from', '@2025-07-14T00:29Z', '--until', 'latest-1', '--max-age', '1s'],
    ]);
    expect([tail.code, tail.stderr]).toEqual([
      0,
      expect.stringContaining(`@2025-07-14T00:29Z is ledger ${midnight + 87}.`),
    ]);
    expect((await coverageOf(archive))['ledgers']?.at(-1)).toEqual({
      start: midnight + 87,
      end: ledgers.end - 1,
    });

    const compacted = await sandbox.run([
      'compact',
      '--archive',
      archive,
      '--ledgers',
      `:${midnight},latest-1:latest`,
    ]);
    expect([compacted.code, compacted.stderr]).toEqual([
      0,
      expect.stringContaining(`Ledgers ${start}-${midnight}, closed`),
    ]);
  }, 120_000);
});

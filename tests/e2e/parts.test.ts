import { renameSync } from 'node:fs';
import { writeSampleLake } from '@parquetry/sample';
import type { BackfillProgress, BackfillResult } from '@parquetry/workflows';
import { Sandbox } from '../support/cli';
import { allCover, coverageOf } from '../support/coverage';
import { ledgerFile } from '../support/ledgerfile';

interface Failed {
  readonly error: { readonly code: string; readonly message: string };
  readonly workflowId: string;
  readonly progress: BackfillProgress;
}

describe('partitions committed in parts', () => {
  const sandbox = new Sandbox();
  beforeAll(async () => void (await sandbox.dev()), 60_000);
  afterAll(() => sandbox.dispose());

  it('are counted by their parts, and `retry --ledgers` finds the part with the ledger', async () => {
    const lake = sandbox.path('lake');
    const layout = { ledgersPerBatch: 1, batchesPerPartition: 64 };
    const { ledgers } = await writeSampleLake({ dir: lake, ledgers: 40, layout });
    const archive = sandbox.path('archive');
    const { start } = ledgers;
    const backfill = (range: string, ...more: string[]): string[] => [
      ...['backfill', '--source', `galexie:${lake}`, '--archive', archive, '--partition-size', '10000000'],
      ...['--ledgers', range, ...more],
    ];
    // One partition: all datasets have its first ten ledgers, one of them five more, so two parts are missing.
    expect((await sandbox.run(backfill(`${start}-${start + 9}`))).code).toBe(0);
    expect((await sandbox.run(backfill(`${start + 10}-${start + 14}`, '--types', 'ledgers'))).code).toBe(0);
    const gone = start + 25;
    const file = ledgerFile(lake, gone);
    renameSync(file, `${file}.away`);
    const parked = await sandbox.json<Failed>(backfill(`${start}-${ledgers.end}`));
    const { progress, workflowId } = parked.document;
    expect(parked.code).toBe(1);
    expect(progress).toMatchObject({ total: 2, done: 0, skipped: 0, parked: 2 });

    renameSync(`${file}.away`, file);
    const missed = await sandbox.json<Failed>(['retry', workflowId, '--ledgers', String(start)]);
    expect({ code: missed.code, error: missed.document.error.code }).toEqual({ code: 2, error: 'USAGE' });
    expect(missed.document.error.message).toContain(
      `no parked partition contains ledger ${start}; parked are ${start + 10}-${ledgers.end}, ${start + 15}-`,
    );
    const retried = await sandbox.json<BackfillResult>(['retry', workflowId, '--ledgers', String(gone + 2)]);
    expect(retried.stderr).toContain('Retrying 2 partitions.');
    expect({ code: retried.code, partitions: retried.document.partitions }).toEqual({
      code: 0,
      partitions: { total: 2, done: 2, skipped: 0, abandoned: 0 },
    });
    expect(await coverageOf(archive)).toEqual(allCover(ledgers));
  }, 240_000);
});

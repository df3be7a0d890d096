import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import type { LedgerRange } from '@parquetry/core';
import type { BackfillProgress, BackfillResult } from '@parquetry/workflows';
import { writeSampleLake } from '@parquetry/sample';
import { Sandbox } from '../support/cli';

interface Failed {
  readonly error: { readonly code: string; readonly message: string; readonly hint?: string };
  readonly workflowId: string;
  readonly progress: BackfillProgress;
}

/** Writes a lake with one ledger per file; returns the file, relative to it, of the ledger that a test removes. */
async function lakeWithout(
  dir: string,
  ledgers: number,
  offset: number,
): Promise<{ range: LedgerRange; gone: number; file: string }> {
  const layout = { ledgersPerBatch: 1, batchesPerPartition: 64 };
  const { ledgers: range } = await writeSampleLake({ dir, ledgers, layout });
  const gone = range.start + offset;
  const names = readdirSync(dir, { recursive: true, encoding: 'utf8' });
  return { range, gone, file: names.find((name) => name.includes(`--${gone}.`)) ?? '' };
}

describe('a ledger file that is missing from the lake', () => {
  const sandbox = new Sandbox();
  beforeAll(async () => void (await sandbox.dev()), 60_000);
  afterAll(() => sandbox.dispose());

  it.each(['backfill', 'retry'])(
    'parks only its partition; `%s` completes it when the file is back',
    async (repair) => {
      const lake = sandbox.path(repair, 'lake');
      const archive = sandbox.path(repair, 'archive');
      const { range, gone, file } = await lakeWithout(lake, 40, 17);
      mkdirSync(sandbox.path(repair, 'aside'));
      renameSync(path.join(lake, file), sandbox.path(repair, 'aside', 'object'));
      const command = [
        'backfill',
        '--source',
        `galexie:${lake}`,
        '--archive',
        archive,
        '--ledgers',
        `${range.start}-${range.end}`,
        '--partition-size',
        '5',
      ];

      const failed = await sandbox.json<Failed>(command);
      expect(failed.code).toBe(1);
      expect(failed.document.error.code).toBe('PARTITIONS_PARKED');
      expect(failed.document.progress.parked).toBe(1);
      expect(failed.document.progress.done).toBe(failed.document.progress.total - 1);
      const [{ reason } = { reason: '' }] = failed.document.progress.troubled;
      expect(reason).toContain('LEDGER_MISSING');
      expect(reason).toContain(String(gone));
      expect(reason).toContain(path.basename(file));

      const verified = await sandbox.json<{
        error: { code: string };
        datasets: { findings: { code: string; range: unknown }[] }[];
      }>(['verify', '--archive', archive]);
      expect(verified.code).toBe(1);
      expect(verified.document.error.code).toBe('COVERAGE_GAP');
      for (const { findings } of verified.document.datasets) {
        expect(findings).toHaveLength(1);
        expect(findings[0]?.range).toEqual({
          start: Math.floor(gone / 5) * 5,
          end: Math.floor(gone / 5) * 5 + 4,
        });
      }

      renameSync(sandbox.path(repair, 'aside', 'object'), path.join(lake, file));
      const repaired = await sandbox.json<BackfillResult>(
        repair === 'retry' ? ['retry', failed.document.workflowId] : command,
      );
      expect(repaired.code).toBe(0);
      expect(repaired.document.datasets.every(({ gaps }) => gaps.length === 0)).toBe(true);
      expect((await sandbox.run(['verify', '--archive', archive])).code).toBe(0);
    },
    180_000,
  );

  it('fails the run with --on-failure fail, after all other partitions are committed', async () => {
    const lake = sandbox.path('fail', 'lake');
    const archive = sandbox.path('fail', 'archive');
    const { range, gone, file } = await lakeWithout(lake, 20, 7);
    renameSync(path.join(lake, file), sandbox.path('fail', 'object'));
    const failed = await sandbox.json<Failed>([
      'backfill',
      '--source',
      `galexie:${lake}`,
      '--archive',
      archive,
      '--ledgers',
      `${range.start}-${range.end}`,
      '--partition-size',
      '5',
      '--on-failure',
      'fail',
    ]);
    expect(failed.code).toBe(1);
    expect(failed.document.error.code).toBe('PARTITIONS_FAILED');
    expect(failed.document.error.message).toContain(String(gone));
    const verified = await sandbox.json<{ datasets: { coverage: { start: number; end: number }[] }[] }>([
      'verify',
      '--archive',
      archive,
    ]);
    for (const { coverage } of verified.document.datasets)
      expect(coverage.reduce((sum, { start, end }) => sum + end - start + 1, 0)).toBe(15);
  }, 120_000);
});

import { writeFileSync } from 'node:fs';
import { Majors } from '@parquetry/archive';
import { openStore } from '@parquetry/storage';
import type { BackfillResult } from '@parquetry/workflows';
import { Sandbox } from '../support/cli';

interface Answer {
  readonly rows: readonly (readonly unknown[])[];
}

describe('a breaking change of a message type', () => {
  const sandbox = new Sandbox();
  beforeAll(async () => void (await sandbox.dev()), 60_000);
  afterAll(() => sandbox.dispose());
  const message = (ledger: number, amount: unknown): string =>
    JSON.stringify({
      message_type: 'swap',
      ledger_sequence: ledger,
      closed_at: '2025-07-13T09:36:17Z',
      amount,
    });
  const backfill = (
    ledgers: string,
    archive = 'archive',
  ): Promise<{
    code: number | null;
    document: BackfillResult & { error?: { code: string; hint?: string } };
  }> =>
    sandbox.json([
      'backfill',
      '--source',
      'ndjson:swaps.ndjson',
      '--archive',
      archive,
      '--ledgers',
      ledgers,
      '--partition-size',
      '10',
    ]);

  it('is written to a new major from the promoted ledger on, never to the same table', async () => {
    const old = [100, 101, 109].map((ledger) => message(ledger, ledger));
    const next = [110, 111, 119].map((ledger) => message(ledger, { units: `${ledger}` }));
    writeFileSync(sandbox.path('swaps.ndjson'), [...old, ...next, ''].join('\n'));
    expect((await backfill('100-109')).document.datasets).toMatchObject([{ dataset: 'swap', rows: 3 }]);

    // Numbers became objects: without a promotion every such row is rejected, and nothing is committed.
    const refused = await backfill('110-119');
    expect({ code: refused.code, error: refused.document.error?.code }).toEqual({
      code: 1,
      error: 'PARTITIONS_PARKED',
    });
    // What changed, and the command below that resolves it.
    expect(refused.document.error?.hint).toContain('REJECTS_EXCEEDED: 3 messages of swap were rejected');
    expect(refused.document.error?.hint).toContain('~ amount: int64, not object');
    expect(refused.document.error?.hint).toContain('parquetry schema promote swap --from 110 --archive ROOT');
    expect(
      (await sandbox.run(['cancel', (refused.document as unknown as { workflowId: string }).workflowId]))
        .code,
    ).toBe(0);

    expect(
      (await sandbox.run(['schema', 'promote', 'swap', '--from', '110', '--archive', 'archive'])).code,
    ).toBe(0);
    const promoted = await backfill('110-119');
    expect({ code: promoted.code, datasets: promoted.document.datasets }).toMatchObject({
      code: 0,
      datasets: [{ dataset: 'swap.v2', rows: 3, schemaVersion: 1, gaps: [] }],
    });
    const ask = async (sql: string): Promise<Answer['rows']> =>
      (await sandbox.json<Answer>(['query', '--archive', 'archive', sql])).document.rows;
    expect(await ask('select ledger_sequence, amount from swap order by 1')).toEqual([
      [100, '100'],
      [101, '101'],
      [109, '109'],
    ]);
    expect(await ask('select ledger_sequence, amount.units from "swap.v2" order by 1')).toEqual([
      [110, '110'],
      [111, '111'],
      [119, '119'],
    ]);

    const across = await backfill('100-119');
    expect({ code: across.code, error: across.document.error?.code }).toEqual({
      code: 2,
      error: 'RANGE_INVALID',
    });
    expect(across.document.error?.hint).toContain('110-119 (swap.v2)');
    const verified = await sandbox.json<{ datasets: { dataset: string; ledgers: number }[] }>([
      'verify',
      '--archive',
      'archive',
      '--deep',
    ]);
    expect(verified.document.datasets.map(({ dataset, ledgers }) => [dataset, ledgers])).toEqual([
      ['swap', 10],
      ['swap.v2', 10],
    ]);
    expect(verified.code).toBe(0);
  }, 180_000);

  it('is reported when ledgers are in a major that does not own them, or in two majors', async () => {
    const lines = [100, 110, 119].map((ledger) => message(ledger, ledger));
    writeFileSync(sandbox.path('swaps.ndjson'), [...lines, ''].join('\n'));
    expect((await backfill('100-119', 'both')).code).toBe(0);
    // `schema promote` refuses this, but a record may come from elsewhere.
    await new Majors(openStore(sandbox.path('both'))).record('swap', 110);
    const verify = async (): Promise<{ code: number | null; error: string | undefined; found: string[] }> => {
      const { code, document } = await sandbox.json<{
        error?: { code: string };
        datasets: { findings: { code: string; fault: boolean; message: string }[] }[];
      }>(['verify', '--archive', 'both']);
      const findings = document.datasets.flatMap((dataset) => dataset.findings);
      return {
        code,
        error: document.error?.code,
        found: findings.map((finding) => `${finding.code}: ${finding.message}`),
      };
    };
    const misplaced = 'MAJOR_MISPLACED: 10 ledgers of swap belong to another major: 110-119.';
    expect(await verify()).toEqual({ code: 1, error: 'MAJOR_MISPLACED', found: [misplaced] });
    expect((await backfill('110-119', 'both')).document.datasets).toMatchObject([{ dataset: 'swap.v2' }]);
    const overlap = 'MAJOR_OVERLAP: 10 ledgers are in both swap and swap.v2: 110-119.';
    expect(await verify()).toEqual({ code: 1, error: 'MAJOR_OVERLAP', found: [overlap, misplaced] });
  }, 120_000);
});

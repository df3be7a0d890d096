import { writeFileSync } from 'node:fs';
import type { BackfillResult } from '@parquetry/workflows';
import { Sandbox } from '../support/cli';

interface Answer {
  readonly rows: readonly (readonly unknown[])[];
}

describe('a breaking change of a message type', () => {
  const sandbox = new Sandbox();
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
  ): Promise<{
    code: number | null;
    document: BackfillResult & { error?: { code: string; hint?: string } };
  }> =>
    sandbox.json([
      'backfill',
      '--source',
      'ndjson:swaps.ndjson',
      '--archive',
      'archive',
      '--ledgers',
      ledgers,
      '--partition-size',
      '10',
    ]);

  it('goes into a major of its own from the promoted ledger on, never into the same table', async () => {
    const old = [100, 101, 109].map((ledger) => message(ledger, ledger));
    const next = [110, 111, 119].map((ledger) => message(ledger, { units: `${ledger}` }));
    writeFileSync(sandbox.path('swaps.ndjson'), [...old, ...next, ''].join('\n'));
    expect((await backfill('100-109')).document.datasets).toMatchObject([{ dataset: 'swap', rows: 3 }]);

    // Numbers became objects: without a promotion every row of them is rejected, and nothing of it is committed.
    const refused = await backfill('110-119');
    expect(refused.code).toBe(1);
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
});

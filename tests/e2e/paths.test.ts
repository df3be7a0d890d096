import { writeFileSync } from 'node:fs';
import type { BackfillResult } from '@parquetry/workflows';
import { Sandbox } from '../support/cli';

interface Plan {
  readonly plan: readonly { readonly dataset: string; readonly state: string; readonly why: string }[];
}

describe('the paths of message fields', () => {
  const sandbox = new Sandbox();
  beforeAll(async () => void (await sandbox.dev()), 60_000);
  afterAll(() => sandbox.dispose());
  const source = ['--source', 'ndjson:in.ndjson', '--archive', 'archive', '--ledgers', '101-110'];
  const wrong = ['--close-time', 'reading=opened', '--ledger-path', 'reading=seq'];
  const right = ['--close-time', 'reading=closed', '--ledger-path', 'reading=seq'];
  const backfill = async (...more: string[]): Promise<BackfillResult> => {
    const { code, document, stderr } = await sandbox.json<BackfillResult>(['backfill', ...source, ...more]);
    expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
    return document;
  };
  const states = async (...more: string[]): Promise<string[]> => {
    const { document } = await sandbox.json<Plan>(['plan', ...source, ...more]);
    return document.plan.map(({ dataset, state, why }) => `${dataset} ${state}: ${why}`).sort();
  };
  const times = async (): Promise<unknown[][]> => {
    const ask = ['query', '--archive', 'archive', 'select seq, closed_at::varchar from reading order by 1'];
    return (await sandbox.json<{ rows: unknown[][] }>(ask)).document.rows;
  };
  const same = 'committed with these settings';
  const other = 'committed with other settings';

  it('are recorded in the segment: other paths make it stale, and mode replace rewrites it', async () => {
    const lines = [101, 102].flatMap((ledger) => [
      {
        message_type: 'reading',
        seq: ledger,
        height: ledger,
        opened: '2025-07-12T23:00:00Z',
        closed: '2025-07-13T01:00:00Z',
      },
      { message_type: 'mark', ledger_sequence: ledger, closed_at: '2025-07-13T01:00:00Z' },
    ]);
    writeFileSync(sandbox.path('in.ndjson'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    await backfill(...wrong);
    expect(await states(...wrong)).toEqual([`mark committed: ${same}`, `reading committed: ${same}`]);

    // The corrected path affects only its own type.
    expect(await states(...right)).toEqual([`mark committed: ${same}`, `reading stale: ${other}`]);
    const filled = await backfill(...right);
    expect(filled).toMatchObject({
      partitions: { done: 0, skipped: 1 },
      stale: { segments: 1, first: [{ dataset: 'reading', why: other }] },
    });
    expect(await times()).toEqual([101, 102].map((ledger) => [`${ledger}`, '2025-07-12 23:00:00+00']));

    expect((await backfill(...right, '--mode', 'replace')).partitions).toMatchObject({ done: 1, skipped: 0 });
    expect(await times()).toEqual([101, 102].map((ledger) => [`${ledger}`, '2025-07-13 01:00:00+00']));
    expect(await states(...right)).toEqual([`mark committed: ${same}`, `reading committed: ${same}`]);
    expect((await sandbox.run(['verify', '--archive', 'archive', '--deep'])).code).toBe(0);
  }, 240_000);

  it('include the ledger path and a given type', async () => {
    const height = [...right.slice(0, 3), 'reading=height'];
    expect(await states(...height)).toEqual([`mark committed: ${same}`, `reading stale: ${other}`]);
    expect(await states(...right, '--default-type', 'mark')).toEqual([
      `mark stale: ${other}`,
      `reading committed: ${same}`,
    ]);
    expect(await states(...right, '--default-type', 'else')).toEqual([
      `mark committed: ${same}`,
      `reading committed: ${same}`,
    ]);
    // All messages as one type, also those of the other type.
    expect(await states(...right, '--message-type', 'reading')).toEqual([`reading stale: ${other}`]);
  }, 120_000);
});

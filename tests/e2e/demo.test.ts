import { readdirSync } from 'node:fs';
import { Sandbox } from '../support/cli';

describe('parquetry demo', () => {
  const sandbox = new Sandbox();
  afterAll(() => sandbox.dispose());

  it.each(['first', 'second'])(
    'runs the main job on sample ledgers: %s time',
    async (time) => {
      const { code, stdout, stderr } = await sandbox.run(['demo']);
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain(time === 'first' ? '4 of 4 partitions written' : 'Nothing was written');
      expect(stdout).toContain('No faults: every value was read back.');
      expect(stdout).toMatch(/ledgers +│ +4 │ +200 │/);
      expect(readdirSync(sandbox.path('demo', 'archive')).sort()).toEqual([
        '_parquetry',
        'contract_data',
        'contract_events',
        'ledgers',
        'transactions',
      ]);
    },
    120_000,
  );

  it('has one document with --json, with those of its three commands', async () => {
    const { code, document } = await sandbox.json<{ steps: object[] }>(['demo']);
    expect([code, document.steps]).toEqual([
      0,
      [
        expect.objectContaining({ workflowId: expect.stringMatching(/^backfill-/) as string }),
        expect.objectContaining({ ok: true }),
        expect.objectContaining({ columns: expect.any(Array) as unknown[] }),
      ],
    ]);
  }, 120_000);
});

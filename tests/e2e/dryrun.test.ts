import { readdirSync, writeFileSync } from 'node:fs';
import { Sandbox } from '../support/cli';

/** Commands that write and have no dry run, each as a user types it. */
const COMMANDS: readonly string[][] = [
  ['tail', '--source', 'galexie:lake', '--archive', 'archive', '--until', '100'],
  ['schedule', 'create', 'nightly', '--every', '6h', '--source', 'galexie:lake', '--archive', 'archive'],
  ['schedule', 'trigger', 'nightly'],
  ['compact', '--archive', 'archive'],
  ['maintain', '--archive', 'archive'],
  ['schema', 'promote', 'trade', '--from', '100', '--archive', 'archive'],
  ['audit', '--fix', '--archive', 'archive'],
  ['gc', '--yes', '--archive', 'archive'],
  ['retry', 'backfill-1-2-00000000'],
  ['resume', 'backfill-1-2-00000000'],
  ['sample', '--out', 'lake'],
  ['demo', '--out', 'demo'],
];

describe('a dry run of a command without one', () => {
  const sandbox = new Sandbox();
  beforeAll(() => writeFileSync(sandbox.path('parquetry.yaml'), 'dry_run: true\n'));
  afterAll(() => sandbox.dispose());

  it.each(COMMANDS)(
    '%s %s: exit 2, nothing is started or written, by variable and by file',
    async (...line) => {
      const command = line.filter((word) => word !== undefined);
      const before = readdirSync(sandbox.dir).sort();
      const [byVariable, byFile] = await Promise.all([
        sandbox.run(command, { PARQUETRY_DRY_RUN: 'true' }),
        sandbox.run([...command, '--config', 'parquetry.yaml']),
      ]);
      for (const { code, stdout, stderr } of [byVariable, byFile]) {
        expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
        expect(stderr).toMatch(/^error USAGE: `parquetry [\w -]+` writes and has no dry run/);
        expect(stderr).toContain('--no-dry-run');
      }
      expect(byVariable.stderr).toContain('but PARQUETRY_DRY_RUN requests one');
      expect(byFile.stderr).toContain('but dry_run in the configuration requests one');
      expect(readdirSync(sandbox.dir).sort()).toEqual(before);
    },
  );

  it('is overridden by --no-dry-run, and ignored by commands that only read', async () => {
    const env = { PARQUETRY_DRY_RUN: 'true' };
    const made = await sandbox.run(['sample', '--out', 'lake', '--ledgers', '4', '--no-dry-run'], env);
    expect(made.code).toBe(0);
    const read = await sandbox.run(['files', '--archive', 'none'], env);
    expect([read.code, read.stderr]).toEqual([2, expect.stringContaining('ARCHIVE_INVALID')]);
  });
});

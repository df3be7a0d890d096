import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { BackfillResult } from '@parquetry/workflows';
import { Sandbox } from '../support/cli';
import { allCover, coverageOf } from '../support/coverage';

const FIXTURE = path.resolve(__dirname, '../fixtures/archive-0.1.0.tar.gz');

describe('an archive of version 0.1.0', () => {
  const sandbox = new Sandbox();
  const archive = sandbox.path('archive');
  beforeAll(() => execFileSync('tar', ['-xzf', FIXTURE, '-C', sandbox.dir]));
  afterAll(() => sandbox.dispose());

  const rowsOf = async (): Promise<unknown> => {
    const sql = 'select (select count(*) from ledgers) as l, (select count(*) from contract_data) as d';
    return (await sandbox.json<{ rows: unknown }>(['query', '--archive', archive, sql])).document.rows;
  };

  it('is read and verified to every value', async () => {
    const { code, stdout } = await sandbox.run(['verify', '--archive', archive, '--deep']);
    expect({ code, said: stdout.includes('No faults: every value was read back.') }).toEqual({
      code: 0,
      said: true,
    });
    expect(JSON.stringify(await rowsOf())).toContain('4');
    expect(await coverageOf(archive)).toEqual(allCover({ start: 426_000, end: 426_003 }));
  }, 120_000);

  it('takes the next ledgers, with the columns that were added since, and old and new rows are verified', async () => {
    const { code, document } = await sandbox.json<BackfillResult>([
      ...['backfill', '--source', 'galexie:lake', '--archive', archive, '--ledgers', '426000-426007'],
      ...['--partition-size', '2', '--on-failure', 'fail'],
    ]);
    expect({ code, partitions: document.partitions.done }).toEqual({ code: 0, partitions: 2 });
    expect(await coverageOf(archive)).toEqual(allCover({ start: 426_000, end: 426_007 }));
    expect((await sandbox.run(['verify', '--archive', archive, '--deep'])).code).toBe(0);
    const sql = 'select count(*) as n, count(distinct sequence) as d from ledgers';
    const { stdout } = await sandbox.run(['query', '--archive', archive, sql]);
    expect(stdout).toMatch(/8\s+│\s+8/);
  }, 180_000);

  it('of a later format is refused with what to do', async () => {
    const file = path.join(archive, '_parquetry/archive.json');
    const identity = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({ ...identity, formatVersion: 2 }));
    const { code, stderr } = await sandbox.run(['verify', '--archive', archive]);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/format version is 2, this program supports 1/);
  }, 60_000);
});

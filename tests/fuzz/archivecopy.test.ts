import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type * as Audit from '@parquetry/audit';
import { auditArchive } from '@parquetry/audit';
import { LocalRoot } from '../../libs/storage/src/root';
import { type Sample, openSample } from './archivecopy';
import { Violation } from './target';

jest.mock('@parquetry/audit', () => {
  const actual = jest.requireActual<typeof Audit>('@parquetry/audit');
  return { ...actual, auditArchive: jest.fn(actual.auditArchive) };
});

const DATA = 'ledgers/year=2025/month=07/day=14/stellar-data-426008-426011-1752453000.parquet';

let dir: string;
let sample: Sample;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'parquetry-sample-'));
  sample = await openSample(dir);
});
afterAll(() => rm(dir, { recursive: true, force: true }));
afterEach(() => jest.restoreAllMocks());

it('an undamaged copy has no finding', async () => {
  expect(await sample.copied((root) => sample.judge(root, 'full'))).toBeUndefined();
});

it('a link to the canary is refused, and noticed by a judge of a store that follows it', async () => {
  await sample.copied(async (root) => {
    await rm(path.join(root, DATA));
    await symlink(sample.canary, path.join(root, DATA));
    await expect(sample.judge(root, 'ledger')).rejects.toMatchObject({ code: 'KEY_INVALID' });
    jest
      .spyOn(LocalRoot.prototype, 'resolve')
      .mockImplementation((key) => Promise.resolve(path.join(root, key)));
    await expect(sample.judge(root, 'ledger')).rejects.toThrow(
      new Violation('a file outside the archive was read'),
    );
  });
});

it.each(['in the archive', 'next to it'])('a file that changes %s is noticed', async (where) => {
  await sample.copied(async (root) => {
    const file = where === 'next to it' ? sample.canary : path.join(root, DATA);
    jest.mocked(auditArchive).mockImplementationOnce(async function* () {
      await writeFile(file, 'x');
      yield* [];
    });
    await expect(sample.judge(root, 'ledger')).rejects.toThrow(new Violation('verify changed files'));
  });
});

it('other rows without a finding are noticed', async () => {
  await sample.copied(async (root) => {
    await rm(path.join(root, 'ledgers/_delta_log/00000000000000000002.json'));
    jest.mocked(auditArchive).mockImplementationOnce(async function* () {
      yield* [];
    });
    await expect(sample.judge(root, 'ledger')).rejects.toThrow(/instead of .*, and no finding$/);
  });
});

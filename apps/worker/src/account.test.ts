import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { openNdjsonSource, writeManifest } from '@parquetry/source';
import { checkAccount } from './account';
import { StagedFiles } from './files';
import { Workplace } from './workplace';

const RANGE = { start: 1, end: 9 };

describe('in = out + rejected of a stage', () => {
  let dir: string;
  let workplace: Workplace;
  let stage: StagedFiles;
  let lines: string[];
  beforeAll(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'parquetry-account-'));
    workplace = await Workplace.open(dir);
    const input = path.join(dir, 'in.ndjson');
    // 1,501 rejects of one kind in ledgers 5 and 6.
    const text = Array.from({ length: 1_501 }, (_, at) => `{"type":"t","ledger":${5 + (at % 2)}}\n`).join('');
    await writeFile(input, `${text}{"type":"t","ledger":5,"closed_at":1752399377}\n`);
    const source = await openNdjsonSource(input, { schemas: new Map() });
    const index = await source.prepare({ range: RANGE, workDir: dir });
    const stageDir = workplace.stageDir('1');
    await mkdir(stageDir, { recursive: true });
    const manifest = await source.pull({
      stageId: '1',
      range: RANGE,
      datasets: index.datasets,
      index,
      stageDir,
      spoolDir: dir,
    });
    await writeManifest(stageDir, manifest);
    stage = await StagedFiles.open(workplace, '1', 't');
    lines = (await readFile(stage.rejectsFile, 'utf8')).trimEnd().split('\n');
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  const check = async (kept: readonly string[]): Promise<void> => {
    await writeFile(stage.rejectsFile, kept.map((line) => `${line}\n`).join(''));
    await checkAccount(stage);
  };
  const edited = (at: number, change: object): string[] =>
    lines.map((line, index) =>
      index === at ? JSON.stringify({ ...(JSON.parse(line) as object), ...change }) : line,
    );

  it('takes whole rejects and counted ones', async () => {
    expect(lines).toHaveLength(1_001);
    expect(stage.staged).toMatchObject({
      rows: 1,
      rejected: 1_501,
      rejectedLedgers: [
        { ledger: 5, rejected: 751 },
        { ledger: 6, rejected: 750 },
      ],
    });
    await expect(check(lines)).resolves.toBeUndefined();
  });

  it.each([
    ['a whole reject is missing', () => lines.slice(1)],
    ['the summary is missing', () => lines.slice(0, -1)],
    ['the summary counts one less', () => edited(1_000, { count: 500 })],
    ['the summary has no positions', () => edited(1_000, { first: undefined })],
    ['a whole reject has no text', () => edited(7, { raw: undefined })],
    ['a reject is of a ledger without any', () => edited(7, { ledger: 8 })],
  ])('fails if %s', async (_, kept) => {
    await expect(check(kept())).rejects.toMatchObject({ code: 'VERIFY_MISMATCH' });
  });
});

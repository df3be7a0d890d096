import { execFileSync } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import { DEFAULT_WRITE_SETTINGS, ledgerRowHashes, type WriteSettings } from '@parquetry/core';
import { verifyDataset } from '@parquetry/verify';
import {
  registered,
  sampleRow,
  SCHEMA,
  type StagedRow,
  stageRows,
} from '../../libs/writer/src/testing/stage';
import { itWithPython, PYTHON } from '../support/python';
import { useBench } from './staged';

const bench = useBench();
const RANGE = { start: 420_000, end: 420_099 };
const ROWS = Array.from({ length: 4500 }, (_, index): StagedRow => ({
  ...sampleRow(index),
  // Some ledgers have only whole floats.
  // A byte order mark is part of a text.
  topics: index % 4 === 2 ? ['\ufeff', `\ufefft${index}`] : [],
  rowid: `\ufeffrow ${index}`,
  price: index % 500 < 50 ? index : index % 3 === 0 ? -0 : index / 7,
  fee: index % 2 === 0 ? '0' : `${index}.50`,
}));

/** Stages rows, writes them and reads them back with the second reader, which compares the row hashes. */
async function written(rows: readonly StagedRow[], settings: Partial<WriteSettings> = {}) {
  const dir = await mkdtemp(path.join(bench().dir, 'hashes-'));
  const { rowsFile, staged } = await stageRows(dir, SCHEMA, rows, { rowHashes: true });
  const schema = registered(SCHEMA);
  const files = await bench().writer.writeDataset({
    rowsFile,
    staged,
    range: RANGE,
    schema,
    settings: { ...DEFAULT_WRITE_SETTINGS, ...settings },
    outDir: path.join(dir, 'out'),
  });
  const verify = (rowHashes: string) =>
    verifyDataset({
      files,
      staged: { ...staged, rowHashes },
      schema,
      range: RANGE,
      level: 'full',
      rowHashes: true,
    });
  const rowHashes = staged.rowHashes as string;
  await verify(rowHashes);
  return { files, verify, rowHashes, hashes: ledgerRowHashes(staged.ledgers, rowHashes) };
}

describe('row hashes', () => {
  it('are those of the written file, whatever its codec, order and size; a wrong one is found', async () => {
    const one = await written(ROWS);
    expect(one.hashes.size).toBe(90);
    expect(new Set(one.hashes.values()).size).toBe(90);
    const turned = ROWS.map((_, index) => ROWS[index - (index % 50) + 49 - (index % 50)] as StagedRow);
    const other = await written(turned, {
      compression: 'zstd',
      maxRowsPerFile: 700,
      sortBy: ['contract_id', 'balance'],
    });
    expect(other.files.length).toBeGreaterThan(5);
    expect(other.hashes).toEqual(one.hashes);
    const wrong = Buffer.from(one.rowHashes, 'base64');
    wrong[7 * 32] = (wrong[7 * 32] as number) ^ 1;
    await expect(one.verify(wrong.toString('base64'))).rejects.toMatchObject({
      code: 'VERIFY_MISMATCH',
      message: expect.stringContaining('the row hash of ledger 420007') as string,
    });
  }, 60_000);

  itWithPython(
    'are computed by the example from what pyarrow reads',
    async () => {
      const { files, hashes } = await written(ROWS, { maxRowsPerFile: 2000 });
      const script = `
import json, sys
sys.path.insert(0, sys.argv[1])
import check, pyarrow.parquet
ledgers = {}
for file in sys.argv[2:]:
    for row in pyarrow.parquet.read_table(file).to_pylist():
        ledgers.setdefault(row["ledger_sequence"], []).append(row)
print(json.dumps({ledger: check.ledger_hash(rows).hex() for ledger, rows in ledgers.items()}))`;
      const example = path.join(__dirname, '../../examples/inclusion-proof');
      const args = ['-B', '-c', script, example, ...files.map((file) => file.path)];
      const found = JSON.parse(execFileSync(String(PYTHON), args, { encoding: 'utf8' })) as object;
      expect(found).toEqual(Object.fromEntries(hashes));
    },
    60_000,
  );
});

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

it('a campaign without its independent readers fails and says so', () => {
  const empty = mkdtempSync(path.join(tmpdir(), 'parquetry-no-python-'));
  try {
    const { status, stderr } = spawnSync(
      process.execPath,
      [path.resolve(__dirname, '../../tools/fuzz.mjs'), '--target', 'batches', '--cases', '1'],
      { encoding: 'utf8', env: { PATH: empty, HOME: empty, PARQUETRY_CACHE: empty } },
    );
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr:
        'The fuzz campaign needs Python with pyarrow and polars as readers: python3 is not installed.\n',
    });
  } finally {
    rmSync(empty, { recursive: true });
  }
});

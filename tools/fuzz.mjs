// `npm run fuzz -- [--batches N] [--seed N]`: generated message batches through index, pull, writer and verification,
// every file read back by DuckDB, pyarrow and polars. The seed is printed; the same seed gives the same batches. Without
// all of these readers it fails.
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensurePython } from './python.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({
  options: { batches: { type: 'string', default: '100000' }, seed: { type: 'string' } },
});
const batches = Number(values.batches);
const seed = Number(values.seed ?? randomInt(2 ** 31));
if (!Number.isSafeInteger(batches) || batches < 1 || !Number.isSafeInteger(seed)) {
  console.error('Usage: npm run fuzz -- [--batches N] [--seed N]');
  process.exit(2);
}
const { python, reason } = ensurePython();
// A campaign that only our own code and DuckDB have read back proves too little to pass.
if (!python) {
  console.error(`The fuzz campaign needs Python with pyarrow and polars as readers: ${reason}.`);
  process.exit(1);
}
console.error(`${batches} batches, seed ${seed}`);
const env = {
  ...process.env,
  PARQUETRY_FUZZ_BATCHES: String(batches),
  PARQUETRY_FUZZ_SEED: String(seed),
  PARQUETRY_PYTHON: python,
};
const manifest = createRequire(import.meta.url).resolve('jest/package.json');
const jest = path.join(path.dirname(manifest), 'bin/jest.js');
const { status } = spawnSync(process.execPath, [jest, 'tests/fuzz/fuzz.test.ts'], {
  cwd: root,
  stdio: 'inherit',
  env,
});
process.exit(status ?? 1);

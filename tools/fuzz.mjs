// `npm run fuzz -- [--batches N] [--seed N]`: generated message batches through index, pull, writer and verification,
// every file read back by DuckDB, pyarrow and polars. The seed is printed; the same seed gives the same batches.
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
if (!python) console.error(`Without pyarrow and polars: ${reason}.`);
console.error(`${batches} batches, seed ${seed}`);
const env = { ...process.env, PARQUETRY_FUZZ_BATCHES: String(batches), PARQUETRY_FUZZ_SEED: String(seed) };
if (python) env.PARQUETRY_PYTHON = python;
const manifest = createRequire(import.meta.url).resolve('jest/package.json');
const jest = path.join(path.dirname(manifest), 'bin/jest.js');
const { status } = spawnSync(process.execPath, [jest, 'tests/fuzz'], { cwd: root, stdio: 'inherit', env });
process.exit(status ?? 1);

// `npm run fuzz -- [--target NAME|all|batches] [--cases N] [--seed N] [--index N]`: hostile input, without end if wanted.
// `batches` sends generated message batches through index, pull, writer and verification, and DuckDB, pyarrow and polars
// read every file back; without all of these readers it fails. The other targets are in tests/fuzz/targets; `all` are
// these. The seed is printed; the same seed gives the same cases, and `--index` runs one of them again.
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensurePython } from './python.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({
  options: {
    target: { type: 'string', default: 'all' },
    cases: { type: 'string' },
    seed: { type: 'string' },
    index: { type: 'string' },
  },
});
const { target } = values;
const batches = target === 'batches';
const cases = Number(values.cases ?? (values.index !== undefined ? 1 : batches ? 100_000 : 5_000));
const seed = Number(values.seed ?? randomInt(2 ** 31));
const index = Number(values.index ?? 0);
if (
  ![cases, seed, index].every(Number.isSafeInteger) ||
  cases < 1 ||
  index < 0 ||
  (batches && values.index !== undefined)
) {
  console.error('Usage: npm run fuzz -- [--target NAME|all|batches] [--cases N] [--seed N] [--index N]');
  process.exit(2);
}
const env = { ...process.env, PARQUETRY_FUZZ_SEED: String(seed) };
if (batches) {
  const { python, reason } = ensurePython();
  // A campaign that only our own code and DuckDB have read back proves too little to pass.
  if (!python) {
    console.error(`The fuzz campaign needs Python with pyarrow and polars as readers: ${reason}.`);
    process.exit(1);
  }
  Object.assign(env, { PARQUETRY_FUZZ_BATCHES: String(cases), PARQUETRY_PYTHON: python });
} else
  Object.assign(env, {
    PARQUETRY_FUZZ_TARGET: target,
    PARQUETRY_FUZZ_CASES: String(cases),
    PARQUETRY_FUZZ_INDEX: String(index),
  });
console.error(`${cases} cases of ${target}, seed ${seed}`);
const manifest = createRequire(import.meta.url).resolve('jest/package.json');
const jest = path.join(path.dirname(manifest), 'bin/jest.js');
const { status } = spawnSync(process.execPath, [jest, `tests/fuzz/${batches ? 'fuzz' : 'targets'}.test.ts`], {
  cwd: root,
  stdio: 'inherit',
  env,
});
process.exit(status ?? 1);

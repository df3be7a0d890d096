// `npm run fuzz -- [--target NAME|all|batches] [--cases N | --seconds N] [--seed N] [--index N]`: hostile input.
// `batches` sends generated message batches through index, pull, writer and verification, and DuckDB, pyarrow and polars
// read every file back; without all of these readers it fails. The other targets are in tests/fuzz/targets; `all` are
// these. The seed is printed; the same seed gives the same cases, and `--index` runs one of them again.
// `--cases` is a number of cases of each target. `--seconds` is a time that the targets share in turns of at most ten
// minutes, one round after the other, each with the next seed; 0 ends when a case fails or someone stops it.
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
    seconds: { type: 'string' },
    seed: { type: 'string' },
    index: { type: 'string' },
  },
});
const { target } = values;
const batches = target === 'batches';
const timed = values.seconds !== undefined;
const cases = Number(values.cases ?? (values.index !== undefined ? 1 : batches ? 100_000 : 5_000));
const seconds = Number(values.seconds ?? 0);
const firstSeed = Number(values.seed ?? randomInt(2 ** 31));
const index = Number(values.index ?? 0);
if (
  ![cases, seconds, firstSeed, index].every(Number.isSafeInteger) ||
  cases < 1 ||
  seconds < 0 ||
  index < 0 ||
  (timed && (values.cases !== undefined || values.index !== undefined)) ||
  (batches && values.index !== undefined)
) {
  console.error(
    'Usage: npm run fuzz -- [--target NAME|all|batches] [--cases N | --seconds N] [--seed N] [--index N]\n' +
      '--seconds 0 has no end; --index goes with neither --seconds nor --target batches.',
  );
  process.exit(2);
}
const env = { ...process.env };
if (batches) {
  const { python, reason } = ensurePython();
  // A campaign that only our own code and DuckDB have read back proves too little to pass.
  if (!python) {
    console.error(`The fuzz campaign needs Python with pyarrow and polars as readers: ${reason}.`);
    process.exit(1);
  }
  env.PARQUETRY_PYTHON = python;
} else Object.assign(env, { PARQUETRY_FUZZ_TARGET: target, PARQUETRY_FUZZ_INDEX: String(index) });
const manifest = createRequire(import.meta.url).resolve('jest/package.json');
const jest = path.join(path.dirname(manifest), 'bin/jest.js');
const began = Date.now();
for (let seed = firstSeed; ; seed += 1) {
  const left = seconds === 0 ? Infinity : seconds - (Date.now() - began) / 1000;
  if (timed && seed > firstSeed && left <= 0) process.exit(0);
  const amount = timed
    ? `${left === Infinity ? 'endless' : `${Math.round(left)} s of`} cases`
    : `${cases} cases`;
  console.error(`${amount} of ${target}, seed ${seed}`);
  const { status } = spawnSync(
    process.execPath,
    [jest, `tests/fuzz/${batches ? 'fuzz' : 'targets'}.test.ts`],
    {
      cwd: root,
      stdio: 'inherit',
      env: {
        ...env,
        PARQUETRY_FUZZ_SEED: String(seed),
        ...(timed ? { PARQUETRY_FUZZ_SECONDS: String(left) } : { PARQUETRY_FUZZ_CASES: String(cases) }),
      },
    },
  );
  if (status !== 0 || !timed) process.exit(status ?? 1);
}

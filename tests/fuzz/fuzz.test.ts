import { timeBox } from './campaign';
import { fuzz } from './run';

const env = process.env;
const timed = env['PARQUETRY_FUZZ_SECONDS'] !== undefined;
const batches = timed ? Infinity : Number(env['PARQUETRY_FUZZ_CASES'] ?? 300);
const box = timeBox(env, 1, batches);
const seed = Number(env['PARQUETRY_FUZZ_SEED'] ?? 20_251_123);
const python = env['PARQUETRY_PYTHON'];
const readers =
  python === undefined ? 'DuckDB [no Python with pyarrow and polars]' : 'DuckDB, pyarrow and polars';

it(
  `${timed ? 'as many batches as the time allows' : `${batches} generated batches`} (seed ${seed}) end as exact rows or rejects with reasons, read back by ${readers}`,
  async () => {
    const result = await fuzz({
      batches,
      seed,
      box,
      ...(python === undefined ? {} : { python }),
      onProgress: (line) => process.stderr.write(`${line}\n`),
    });
    expect(result.faults).toEqual([]);
    if (!timed && result.batches < batches)
      process.stderr.write(`The time was over after ${result.batches} of ${batches} batches.\n`);
    expect(result.batches).toBeGreaterThanOrEqual(box?.floor ?? batches);
    const rejected = Object.values(result.rejects).reduce((sum, count) => sum + count, 0);
    expect(result.rows + rejected).toBe(result.messages);
    expect(result.rows).toBeGreaterThan(result.messages / 2);
    expect(result.longest).toBeGreaterThan(10_000_000);
    if (result.batches >= 300)
      expect(Math.min(...Object.values(result.nested))).toBeGreaterThan(result.rows / 20);
    process.stderr.write(`${JSON.stringify({ seed, ...result })}\n`);
  },
  Math.max(120_000, timed ? (box?.milliseconds ?? 0) + 120_000 : batches * 200),
);

import { fuzz } from './run';

const batches = Number(process.env['PARQUETRY_FUZZ_BATCHES'] ?? 300);
const seed = Number(process.env['PARQUETRY_FUZZ_SEED'] ?? 20_251_123);
const python = process.env['PARQUETRY_PYTHON'];
const readers =
  python === undefined ? 'DuckDB [no Python with pyarrow and polars]' : 'DuckDB, pyarrow and polars';

it(
  `${batches} generated batches (seed ${seed}) end as exact rows or rejects with reasons, read back by ${readers}`,
  async () => {
    const result = await fuzz({
      batches,
      seed,
      ...(python === undefined ? {} : { python }),
      onProgress: (line) => process.stderr.write(`${line}\n`),
    });
    expect(result.faults).toEqual([]);
    expect(result.batches).toBe(batches);
    const rejected = Object.values(result.rejects).reduce((sum, count) => sum + count, 0);
    expect(result.rows + rejected).toBe(result.messages);
    expect(result.rows).toBeGreaterThan(result.messages / 2);
    expect(result.longest).toBeGreaterThan(10_000_000);
    if (batches >= 300) expect(Math.min(...Object.values(result.nested))).toBeGreaterThan(result.rows / 20);
    process.stderr.write(`${JSON.stringify({ seed, ...result })}\n`);
  },
  Math.max(120_000, batches * 200),
);

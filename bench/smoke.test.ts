import { existsSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '..');
const BUILT = existsSync(path.join(ROOT, 'apps/worker/dist/host.js'));

function bench(...args: string[]): Record<string, unknown> {
  const command = [path.join(ROOT, 'bench/run.mjs'), ...args, '--json'];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** Each bench throws by itself when a row or a ledger is missing. What it measures here says nothing. */
(BUILT ? describe : describe.skip)('benchmarks, on a little data [needs the build]', () => {
  it('backfill: the whole path compared with DuckDB, and the command line', () => {
    const report = bench(
      'backfill',
      '--messages',
      '5000',
      '--pairs',
      '1',
      '--slow',
      '1',
      '--only',
      'parquetry,duckdb',
    );
    expect(report).toMatchObject({
      messages: 5000,
      partitions: 8,
      ratioToDuckdbCopy: expect.any(Number) as number,
      ratioOfNextBackfill: expect.any(Number) as number,
      results: { 'duckdb copy': { runs: 1 }, parquetry: { runs: 1 }, 'parquetry cli': { runs: 1 } },
    });
  }, 120_000);

  it('schemas: the cost of reading every value', () => {
    const report = bench('schemas', '--messages', '5000', '--pairs', '1');
    expect(report).toMatchObject({ median: { ratio: expect.any(Number) as number } });
  }, 120_000);

  it('lake: every type of a ledger lake', () => {
    const report = bench('lake', '--ledgers', '64', '--rounds', '1', '--partitions', '2');
    expect(report).toMatchObject({ ledgers: 64, cpuRatioToDecode: expect.any(Number) as number });
    expect(report['rows']).toBeGreaterThan(64);
  }, 120_000);

  it('files: the commands over a dataset of many files', () => {
    const report = bench('files', '--files', '20', '--per-commit', '10');
    expect(report['runs']).toMatchObject([
      { files: 20, commands: { verify: { seconds: expect.any(Number) } } },
    ]);
  }, 120_000);

  it('planning: the pages of a long run', () => {
    const report = bench('planning', '--ledgers', '100000');
    expect(report['runs']).toMatchObject([
      { partitions: 100, pages: 2, halfPages: 1 },
      { partitions: 1000, pages: 20, halfPages: 10 },
    ]);
  }, 120_000);

  it('orchestration: a run over ledgers that are committed in part', () => {
    const args = ['--partitions', '40', '--empty', '--covered', '0.8', '--concurrency', '8'];
    expect(bench('orchestration', ...args)).toMatchObject({ wanted: 8, done: 8, failures: 0 });
  }, 120_000);
});

import { spawnSync } from 'node:child_process';

const OPTIONS = 'DUCKDB_JE_MALLOC_CONF';

/** What the allocator says of itself when a process that uses DuckDB ends. */
function allocator(options: string): string {
  const script = `
    const { DuckDBInstance } = require(${JSON.stringify(require.resolve('@duckdb/node-api'))});
    DuckDBInstance.create(':memory:').then((instance) => instance.closeSync());`;
  const env = { ...process.env, [OPTIONS]: `${options},stats_print:true` };
  const { status, stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', env });
  expect(status).toBe(0);
  return stderr;
}

(process.platform === 'linux' ? test : test.skip)(
  'DuckDB’s allocator takes its options from this variable [Linux only]',
  () => {
    expect(allocator('narenas:1')).toContain('opt.narenas: 1\n');
    expect(allocator('narenas:3')).toContain('opt.narenas: 3\n');
  },
);

describe('loading the writer', () => {
  const before = process.env[OPTIONS];
  afterEach(() => {
    if (before === undefined) delete process.env[OPTIONS];
    else process.env[OPTIONS] = before;
    jest.dontMock('@duckdb/node-api');
  });

  /** The options that stand when DuckDB is loaded. */
  function loaded(): string | undefined {
    let seen: string | undefined;
    jest.isolateModules(() => {
      jest.doMock('@duckdb/node-api', () => {
        seen = process.env[OPTIONS];
        return jest.requireActual<object>('@duckdb/node-api');
      });
      jest.requireActual('./index');
    });
    return seen;
  }

  test('sets them before it loads DuckDB', () => {
    delete process.env[OPTIONS];
    expect(loaded()).toBe('narenas:1');
  });

  test('leaves them as the user set them', () => {
    process.env[OPTIONS] = 'narenas:4';
    expect(loaded()).toBe('narenas:4');
  });
});

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const TOOL = path.resolve(__dirname, '../../tools/fuzz.mjs');

it('a campaign without its independent readers fails and says so', () => {
  const empty = mkdtempSync(path.join(tmpdir(), 'parquetry-no-python-'));
  try {
    const { status, stderr } = spawnSync(process.execPath, [TOOL, '--target', 'batches', '--cases', '1'], {
      encoding: 'utf8',
      env: { PATH: empty, HOME: empty, PARQUETRY_CACHE: empty },
    });
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr:
        'The fuzz campaign needs Python with pyarrow and polars as readers: python3 is not installed.\n',
    });
  } finally {
    rmSync(empty, { recursive: true });
  }
});

it.each(['--seconds=-1', '--seconds=1.5', '--seconds=5 --cases=5', '--seconds=5 --index=5', '--cases=0'])(
  '%s is refused',
  (options) => {
    const args = [TOOL, ...options.split(' ')];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringMatching(/^Usage: .*--seconds N/) as unknown,
    });
  },
);

/** Cases and seeds in the tables of a campaign. */
function rounds(stderr: string): { cases: number; seed: number }[] {
  return [...stderr.matchAll(/^\| json \| (\d+) \| (\d+) \|/gm)].map(([, seed, cases]) => ({
    cases: Number(cases),
    seed: Number(seed),
  }));
}

it('a campaign of some seconds runs as many cases as fit, and ends', () => {
  const began = Date.now();
  const { status, stderr } = spawnSync(
    process.execPath,
    [TOOL, '--target', 'json', '--seconds', '1', '--seed', '7'],
    { encoding: 'utf8' },
  );
  expect(status).toBe(0);
  expect(stderr).toMatch(/^1 s of cases of json, seed 7\n/);
  const [round, ...others] = rounds(stderr);
  expect(others).toEqual([]);
  expect(round?.seed).toBe(7);
  expect(round?.cases).toBeGreaterThan(1);
  expect(Date.now() - began).toBeLessThan(90_000);
}, 120_000);

it('an endless campaign continues with the next seed until it is stopped', async () => {
  const child = spawn(process.execPath, [TOOL, '--target', 'json', '--seconds', '0', '--seed', '7'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, PARQUETRY_FUZZ_TURN_SECONDS: '0.1' },
  });
  let stderr = '';
  const closed = new Promise((resolve) => child.on('close', resolve));
  await new Promise<void>((resolve) => {
    child.on('close', resolve);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      if (rounds(stderr).length >= 2) resolve();
    });
  });
  expect(child.exitCode).toBeNull();
  // Its current round ends by itself.
  child.kill('SIGKILL');
  await closed;
  expect(
    rounds(stderr)
      .slice(0, 2)
      .map(({ seed }) => seed),
  ).toEqual([7, 8]);
}, 180_000);

import { spawn } from 'node:child_process';
import path from 'node:path';
import { PYTHON } from '../support/python';
import { WEED } from '../support/servers';

const stores = ['local', ...(WEED === undefined ? [] : ['s3'])];
const name = `readers of Iceberg tables see every row once while workers are killed (${stores.join()}; npm run faults -- --iceberg makes a long campaign)`;
const KILLS = 4;

const campaign = async (): Promise<void> => {
  const args = [
    '--kills',
    String(KILLS),
    '--seed',
    '5',
    '--lanes',
    '4',
    '--ledgers',
    '4',
    '--stores',
    stores.join(),
    '--json',
  ];
  const child = spawn(process.execPath, [path.join(__dirname, 'iceberg.mjs'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`exit ${String(code)}\n${stdout}\n${stderr}`);
  const figures = JSON.parse(stdout) as Record<'kills' | 'readings' | 'rows' | 'mostBehind', number>;
  expect(figures).toMatchObject({ missing: 0, doubled: 0, failures: [] });
  expect(figures.kills).toBeGreaterThanOrEqual(KILLS);
  expect(figures.rows).toBeGreaterThan(0);
  expect(figures.mostBehind).toBeLessThanOrEqual(1);
};

if (PYTHON === undefined) it.skip(`${name} [skipped: no Python with pyiceberg and deltalake]`, campaign);
else it(name, campaign, 900_000);

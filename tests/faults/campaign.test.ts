import { spawn } from 'node:child_process';
import path from 'node:path';
import { PYTHON } from '../support/python';

const name = 'loses and doubles nothing in a short crash campaign (npm run faults makes a long one)';

describe('kill -9 (invariant 1)', () => {
  const campaign = async (): Promise<void> => {
    const script = path.join(__dirname, 'campaign.mjs');
    const child = spawn(process.execPath, [script, '--runs', '4', '--seed', '11', '--lanes', '4', '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const code = await new Promise((resolve) => child.on('close', resolve));
    if (code !== 0) throw new Error(`exit ${String(code)}\n${stdout}\n${stderr}`);
    const figures = JSON.parse(stdout) as Record<string, unknown>;
    expect(figures).toMatchObject({ runs: 4, duplicates: 0, losses: 0, otherBytes: 0, failures: [] });
    expect(figures['kills']).toBeGreaterThanOrEqual(3);
  };
  if (PYTHON === undefined) it.skip(`${name} [skipped: no Python with pyarrow and deltalake]`, campaign);
  else it(name, campaign, 600_000);
});

import { spawn } from 'node:child_process';
import path from 'node:path';

/** Runs a campaign of this folder with `--json`; returns its figures. Throws when it ends with a code other than 0. */
export async function runCampaign(
  script: string,
  options: Readonly<Record<string, string>>,
): Promise<unknown> {
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(process.execPath, [path.join(__dirname, script), ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`exit ${String(code)}\n${stdout}\n${stderr}`);
  return JSON.parse(stdout);
}

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import { PYTHON } from '../support/python';

const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-lcd-text'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

const found = spawnSync(process.execPath, [path.join(__dirname, '../../tools/browser.mjs')], {
  encoding: 'utf8',
});

/** Why tests in a browser can't run here; undefined if they can. */
export const NO_BROWSER = found.status === 0 ? undefined : `no browser: ${found.stdout.trim()}`;

/** Why those that also count rows can't run here. */
export const MISSING =
  NO_BROWSER ??
  (PYTHON === undefined ? 'no Python with pyarrow and deltalake to count the rows with' : undefined);

/** `it` for tests in a browser; their names say when they are skipped. */
export function itWithBrowser(
  name: string,
  run: () => Promise<void>,
  timeout: number,
  missing: string | undefined,
): void {
  if (missing === undefined) it(name, run, timeout);
  else it.skip(`${name} [skipped: ${missing}]`, run);
}

/** A browser with a new profile, which `close` removes. */
export interface Browser {
  readonly context: BrowserContext;
  close(): Promise<void>;
}

/** Starts Chromium without a window. */
export async function openBrowser(): Promise<Browser> {
  const profile = mkdtempSync(path.join(tmpdir(), 'parquetry-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: found.stdout.trim(),
    headless: true,
    args: FLAGS,
    viewport: { width: 1280, height: 800 },
    timezoneId: 'UTC',
  });
  return {
    context,
    async close() {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

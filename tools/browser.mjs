// Chromium for the browser tests: the installed one, or, with --install as root, one from the system's packages.
// Prints its path; where there is none, the reason, and exits 1.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** $PARQUETRY_CHROMIUM, else the first known name on PATH; undefined where there is none. */
export function findBrowser(env = process.env) {
  if (env.PARQUETRY_CHROMIUM) return env.PARQUETRY_CHROMIUM;
  const folders = (env.PATH ?? '').split(path.delimiter).filter(Boolean);
  return NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name))).find(isExecutable);
}

/** The browser, installed first where that can be done, or the reason why there is none. */
export function ensureBrowser({ install = false, log = console.error } = {}) {
  const found = findBrowser();
  if (found !== undefined) return { browser: found };
  const none = `no ${NAMES.join(', ')} on PATH, and PARQUETRY_CHROMIUM is not set`;
  if (!install) return { reason: none };
  const failed = installByApt(log);
  const browser = findBrowser();
  return browser === undefined ? { reason: `${none}; ${failed ?? 'apt installed none'}` } : { browser };
}

function installByApt(log) {
  if (process.getuid?.() !== 0) return 'it is installed by root only';
  const run = (...args) =>
    spawnSync('apt-get', args, {
      encoding: 'utf8',
      timeout: 600_000,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  if (run('--version').status !== 0) return 'there is no apt-get to install it with';
  log('Installing Chromium for the browser tests …');
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
    const { status, stderr, error } = run('-q', ...args);
    if (status !== 0)
      return `apt-get ${args[0]} failed: ${(stderr || String(error)).trim().split('\n').at(-1)}`;
  }
  return undefined;
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { browser, reason } = ensureBrowser({ install: process.argv.includes('--install') });
  console.log(browser ?? reason);
  process.exit(browser === undefined ? 1 : 0);
}

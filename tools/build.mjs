// Builds every package, or the one in FOLDER, with those that it needs (`tsc -b`), then the workflow code that workers
// load, Temporal's client for commands, and the page of reports. `node tools/build.mjs [FOLDER]`; Nx calls it for each package.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { bundlePage } from './package/page.mjs';
import { bundleSdk } from './package/sdk.mjs';
import { bundleWorkflows } from './package/workflows.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const folders = process.argv.slice(2);
if (folders.includes('libs/report')) folders.push('libs/report/page');
const { status } = spawnSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-b', ...folders], {
  cwd: root,
  stdio: 'inherit',
});
if (status !== 0) process.exit(status ?? 1);
if (folders.length === 0 || folders.includes('apps/worker')) await bundleWorkflows(root);
if (folders.length === 0 || folders.includes('libs/temporal')) await bundleSdk(root);
if (folders.length === 0 || folders.includes('libs/report')) await bundlePage(root);

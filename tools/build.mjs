// Builds every project in dependency order with `tsc -b`, then the workflow bundle the workers load.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const run = (file, args) => {
  const { status } = spawnSync(process.execPath, [file, ...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
};

run(require.resolve('typescript/bin/tsc'), ['-b']);
const bundler = path.join(root, 'apps/worker/dist/bundle.js');
if (existsSync(bundler)) run(bundler, []);

// `npm run lint`: ESLint, import circles (those of types included), then exports and files that nothing uses. Nx's project
// graph is computed first, because without it the boundary rule would silently not run.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
process.env.NX_DAEMON = 'false';
process.chdir(root);
const { createProjectGraphAsync } = require('@nx/devkit');
const graph = await createProjectGraphAsync({ exitOnError: true });
if (graph.nodes['@parquetry/core'] === undefined) throw new Error('The project graph lacks @parquetry/core.');

const eslint = path.join(path.dirname(require.resolve('eslint/package.json')), 'bin/eslint.js');
const args = ['.', '--max-warnings', '0', ...process.argv.slice(2)];
const { status, stdout, stderr } = spawnSync(process.execPath, [eslint, ...args], {
  encoding: 'utf8',
  maxBuffer: 64 << 20,
});
process.stdout.write(stdout);
process.stderr.write(stderr);
if (`${stdout}${stderr}`.includes('No cached ProjectGraph')) {
  console.error('The module boundaries were not checked: Nx found no project graph.');
  process.exit(1);
}
if (status !== 0) process.exit(status ?? 1);

const run = (file, ...args) => {
  const { status: code } = spawnSync(process.execPath, [file, ...args], { stdio: 'inherit' });
  if (code !== 0) process.exit(code ?? 1);
};
const bin = (name, file) => path.join(root, 'node_modules', name, file);
run(
  bin('dependency-cruiser', 'bin/dependency-cruise.mjs'),
  ...['--config', '.dependency-cruiser.cjs', 'libs', 'apps', 'tests', 'bench'],
);
run(bin('knip', 'bin/knip.js'), '--include', 'exports,types,files,duplicates', '--no-config-hints');

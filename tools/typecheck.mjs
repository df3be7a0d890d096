// `node tools/typecheck.mjs FOLDER`: checks the types of one package, its tests included, as `npm run typecheck` does for
// all.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const folder = path.resolve(root, process.argv[2] ?? '.');
const cache = path.join(root, 'node_modules/.cache/typecheck');
const config = path.join(cache, `${path.relative(root, folder).replaceAll(path.sep, '-')}.json`);
mkdirSync(cache, { recursive: true });
writeFileSync(
  config,
  JSON.stringify({
    extends: path.join(root, 'tsconfig.check.json'),
    compilerOptions: { tsBuildInfoFile: `${config}.tsbuildinfo` },
    include: [path.join(folder, 'src/**/*.ts')],
  }),
);
const { status } = spawnSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', config], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(status ?? 1);

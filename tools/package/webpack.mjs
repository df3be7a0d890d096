// What the bundles of other people's libraries have in common: one run of webpack, and the licences of its packages.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);

/** Runs webpack. @throws Error with its errors and warnings */
export async function runWebpack(configuration) {
  const compiler = require('webpack')(configuration);
  const stats = await new Promise((resolve, reject) =>
    compiler.run((error, result) => (error ? reject(error) : resolve(result))),
  );
  if (stats.hasErrors() || stats.hasWarnings())
    throw new Error(stats.toString({ all: false, errors: true, warnings: true }));
  return stats;
}

/** The folders of the packages in a bundle. */
export function packageFolders(stats) {
  const modules = [...stats.compilation.modules].flatMap((module) => [...(module.modules ?? [module])]);
  const folders = modules.map(
    ({ resource = '' }) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(resource)?.[0],
  );
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
}

/** Name, version and licence text of each package. */
export function licences(folders) {
  return folders
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
      const file = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'LICENCE', 'license', 'License']
        .map((each) => path.join(folder, each))
        .find(existsSync);
      const text = file === undefined ? '' : readFileSync(file, 'utf8');
      return `${name} ${version} (${license})\n\n${text.trim()}\n`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}

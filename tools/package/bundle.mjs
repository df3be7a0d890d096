// Bundles the compiled workspace with webpack, which Temporal's SDK installs anyway. Each library becomes one file, and
// files load each other where the source does: a command still loads only the libraries that it uses.
import { cpSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import webpack from 'webpack';
import { OWN, projects } from './manifest.mjs';

const require = createRequire(import.meta.url);

/** Writes the bundled files, the workflow code and the types into a folder. */
export async function bundle(root, target) {
  const entries = entryFiles(root);
  const compiler = webpack({
    mode: 'none',
    target: 'node20',
    context: root,
    entry: entries,
    output: {
      path: target,
      filename: '[name].js',
      library: { type: 'commonjs2' },
      devtoolModuleFilenameTemplate: sourceName,
    },
    devtool: 'source-map',
    node: { __dirname: false, __filename: false },
    module: { rules: [{ test: /\.js$/, enforce: 'pre', use: [require.resolve('source-map-loader')] }] },
    externals: [({ request }, done) => done(undefined, external(request, entries))],
  });
  const stats = await new Promise((resolve, reject) =>
    compiler.run((error, result) => (error ? reject(error) : resolve(result))),
  );
  if (stats.hasErrors() || stats.hasWarnings())
    throw new Error(stats.toString({ all: false, errors: true, warnings: true }));
  for (const file of [
    'apps/worker/dist/workflow-bundle.js',
    'libs/temporal/dist/sdkbundle.js',
    'libs/temporal/dist/sdkbundle.licenses.txt',
    'libs/report/dist/page.html',
    'libs/report/dist/page.licenses.txt',
  ])
    cpSync(path.join(root, file), path.join(target, path.basename(file)));
  const library = path.join(root, 'apps/cli/dist/library');
  writeFileSync(path.join(target, 'index.mjs'), moduleForm(library));
  for (const name of ['index.d.ts', 'types.d.ts']) cpSync(path.join(library, name), path.join(target, name));
}

/** Files of the package by name, and the compiled files that they are made of. */
function entryFiles(root) {
  const libraries = projects(root)
    .filter((folder) => folder !== 'apps/cli')
    .map((folder) => [path.basename(folder), `./${folder}/dist/index.js`]);
  return {
    main: './apps/cli/dist/main.js',
    index: './apps/cli/dist/library/index.js',
    thread: './apps/worker/dist/pull/thread.js',
    ...Object.fromEntries(libraries),
  };
}

/** The library for `import { openArchive }`: Node can't find the names in a bundle. */
function moduleForm(library) {
  const names = Object.keys(require(library)).join(', ');
  return `import library from './index.js';\nexport const { ${names} } = library;\n`;
}

/** How a file of the package loads a module that is not part of it; undefined for one that is. */
function external(request, entries) {
  if (/(^|\/)package\.json$/.test(request)) return 'commonjs ../package.json';
  if (path.isAbsolute(request) || request.startsWith('.')) return undefined;
  if (!OWN.test(request)) return `commonjs ${request}`;
  const name = request.replace(OWN, '');
  if (entries[name] === undefined) throw new Error(`${request} is not a library of the workspace.`);
  return `commonjs ./${name}.js`;
}

/** The name of a source in a map: relative to the root of the workspace, the same on every machine. */
function sourceName({ resourcePath, namespace }) {
  return /^(\.\/)?(apps|libs|node_modules)\//.test(resourcePath)
    ? resourcePath.replace(/^\.\//, '')
    : `webpack/${namespace}/${resourcePath}`;
}

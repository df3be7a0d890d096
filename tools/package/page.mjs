// Bundles the page of `parquetry report` as one HTML file: its script and its style are inside, and its
// Content-Security-Policy allows exactly them.
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { licences, packageFolders, runWebpack } from './webpack.mjs';

const require = createRequire(import.meta.url);
const here = path.dirname(fileURLToPath(import.meta.url));

/** Writes the page next to the compiled library, with the licences of what it contains. Keeps one that is current. */
export async function bundlePage(root) {
  const library = path.join(root, 'libs/report');
  const target = path.join(library, 'dist/page.html');
  const mark = `<!-- ${keyOf(root, library)} -->\n`;
  if (existsSync(target) && readFileSync(target, 'utf8').endsWith(mark)) return;
  const work = mkdtempSync(path.join(tmpdir(), 'parquetry-page-'));
  try {
    const stats = await runWebpack({
      mode: 'none',
      target: ['web', 'es2022'],
      context: root,
      entry: path.join(library, 'dist/page/main.js'),
      output: { path: work, filename: 'page.js' },
      devtool: false,
      optimization: { usedExports: true, concatenateModules: true, sideEffects: true },
      plugins: [sharedCode(path.join(library, 'dist'))],
    });
    const { code } = require('@swc/core').minifySync(readFileSync(path.join(work, 'page.js'), 'utf8'), {
      compress: true,
      mangle: true,
    });
    const uplot = createRequire(path.join(library, 'package.json')).resolve('uplot/dist/uPlot.min.css');
    const style = `${readFileSync(uplot, 'utf8')}\n${readFileSync(path.join(library, 'page/page.css'), 'utf8')}`;
    writeFileSync(target, html(style, code) + mark);
    writeFileSync(path.join(path.dirname(target), 'page.licenses.txt'), licences(packageFolders(stats)));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The page imports code of its library as `../src/…`; the compiled files are one folder up. */
function sharedCode(dist) {
  const { NormalModuleReplacementPlugin } = require('webpack');
  return new NormalModuleReplacementPlugin(/^\.\.\/src\//, (resource) => {
    resource.request = path.join(dist, `${resource.request.slice('../src/'.length)}.js`);
  });
}

function html(style, script) {
  if (/<\/(script|style)|<!--/i.test(script + style))
    throw new Error('The page contains the end of its own element.');
  const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const policy = [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    'img-src data:',
    'connect-src __REPORT_CONNECT__',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const icon = `%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath fill='%232f6fb5' d='M2 2h12v3H2zM2 6.5h8v3H2zM2 11h10v3H2z'/%3E%3C/svg%3E`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>Parquetry archive</title>
<link rel="icon" href="data:image/svg+xml,${icon}">
<style>${style}</style>
</head>
<body>
<div id="app"></div>
<noscript>This page draws its data with JavaScript, which is turned off.</noscript>
<script type="application/json" id="report">__REPORT_DATA__</script>
<script>${script}</script>
</body>
</html>
`;
}

/** What the page depends on: its compiled source, its style, the installed versions and these tools. */
function keyOf(root, library) {
  const hash = createHash('sha256');
  const compiled = readdirSync(path.join(library, 'dist/page')).filter((name) => name.endsWith('.js'));
  for (const file of [
    ...compiled.map((name) => path.join(library, 'dist/page', name)),
    ...['spans.js', 'data.js', 'share.js'].map((name) => path.join(library, 'dist', name)),
    path.join(library, 'page/page.css'),
    path.join(here, 'page.mjs'),
    path.join(root, 'package-lock.json'),
  ])
    hash.update(readFileSync(file));
  return hash.digest('hex');
}

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { headingAnchors, linksOf, markdownFiles } from './pages';

const ROOT = path.resolve(__dirname, '../..');
const PAGES = markdownFiles(ROOT);

it('the generated pages are up to date with the code', () => {
  const { status, stderr } = spawnSync(process.execPath, [path.join(ROOT, 'tools/docs.mjs'), '--check'], {
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

it.each(PAGES)('%s links to existing pages, pictures and headings', (page) => {
  const broken = linksOf(readFileSync(path.join(ROOT, page), 'utf8')).filter((link) => {
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? path.join(ROOT, page) : path.join(ROOT, path.dirname(page), file);
    if (!existsSync(target)) return true;
    return anchor !== undefined && !headingAnchors(readFileSync(target, 'utf8')).includes(anchor);
  });
  expect(broken).toEqual([]);
});

it('docs/README.md, the map, leads to every page', () => {
  const linked = new Set(
    linksOf(readFileSync(path.join(ROOT, 'docs/README.md'), 'utf8')).map((link) =>
      path.join('docs', link.split('#')[0] ?? ''),
    ),
  );
  const missing = PAGES.filter((page) => page.startsWith('docs/') && page !== 'docs/README.md').filter(
    (page) => !linked.has(page) && !(page.startsWith('docs/decisions/') && linked.has('docs/decisions')),
  );
  expect(missing).toEqual([]);
});

it('README.md fits on two screens', () => {
  expect(readFileSync(path.join(ROOT, 'README.md'), 'utf8').split('\n').length).toBeLessThanOrEqual(100);
});

it('pictures are small, and every one is shown', () => {
  const images = path.join(ROOT, 'docs/images');
  const shown = new Set(
    PAGES.flatMap((page) =>
      linksOf(readFileSync(path.join(ROOT, page), 'utf8')).map((link) => path.basename(link)),
    ),
  );
  const names = readdirSync(images);
  expect(names.filter((name) => !shown.has(name))).toEqual([]);
  const sizes = names.map((name) => statSync(path.join(images, name)).size);
  expect(Math.max(...sizes)).toBeLessThan(200_000);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1_500_000);
});

it('one exact version of every Temporal package is installed', () => {
  const { packages } = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version?: string }>;
  };
  const versions = Object.entries(packages).filter(
    ([name]) => /node_modules\/@temporalio\/[^/]+$/.test(name) && !name.includes('core-bridge-'),
  );
  expect(versions.length).toBeGreaterThan(5);
  expect([...new Set(versions.map(([, { version }]) => version))]).toEqual(['1.24.0']);
});

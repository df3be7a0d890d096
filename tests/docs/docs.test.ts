import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');

it.each(['message-types', 'configuration', 'errors', 'help'])(
  'docs/%s.md is up to date with the code',
  (page) => {
    const { status, stderr } = spawnSync(
      process.execPath,
      [path.join(ROOT, `tools/${page}.mjs`), '--check'],
      {
        encoding: 'utf8',
      },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  },
);

it.each(['README.md', 'CONTRIBUTING.md'])('%s links to existing pages', (page) => {
  const links = [...readFileSync(path.join(ROOT, page), 'utf8').matchAll(/\]\(([^)#:]+)\)/g)].map(
    ([, link]) => link ?? '',
  );
  for (const link of links)
    expect({ link, there: existsSync(path.join(ROOT, link)) }).toEqual({ link, there: true });
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

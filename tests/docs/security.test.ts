import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { PLACES, PLANTED } from '../security/planted';

const ROOT = path.resolve(__dirname, '../..');
const page = readFileSync(path.join(ROOT, 'docs/security.md'), 'utf8');

describe('docs/security.md', () => {
  it('names a test that exists for each threat', () => {
    const rows = page
      .slice(page.indexOf('## Threats and controls'))
      .split('\n')
      .filter((line) => /^\| (?!who|---)/.test(line));
    expect(rows.length).toBeGreaterThan(10);
    for (const row of rows) expect([row, /`[\w/]+\.test\.ts`/.test(row)]).toEqual([row, true]);
  });

  it.each([
    ['secrets', PLANTED],
    ['places', PLACES],
  ])('lists the %s of the search as they are', (name, table) => {
    const row = page.split('\n').find((line) => line.startsWith(`| ${name} |`)) ?? '';
    expect(row.slice(name.length + 5, -2).split(' · ')).toEqual(Object.keys(table));
  });

  it('and other pages install the package without scripts', () => {
    const installs = ['README.md', ...readdirSync(path.join(ROOT, 'docs')).map((name) => `docs/${name}`)]
      .filter((name) => name.endsWith('.md'))
      .flatMap((name) => readFileSync(path.join(ROOT, name), 'utf8').match(/npm install[^\n]*\.tgz/g) ?? []);
    expect(installs.length).toBeGreaterThan(1);
    expect(installs.filter((command) => !command.includes('--ignore-scripts'))).toEqual([]);
  });

  it('names no test that does not exist', () => {
    const names = [...page.matchAll(/`([\w/.-]+\.test\.ts)`/g)].map(([, name]) => name ?? '');
    expect(names.filter((name) => !existsSync(path.join(ROOT, name)))).toEqual([]);
  });
});

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

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

  it('names no test that does not exist', () => {
    const names = [...page.matchAll(/`([\w/.-]+\.test\.ts)`/g)].map(([, name]) => name ?? '');
    expect(names.filter((name) => !existsSync(path.join(ROOT, name)))).toEqual([]);
  });
});

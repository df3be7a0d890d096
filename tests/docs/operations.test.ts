import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');
const PAGE = readFileSync(path.join(ROOT, 'docs/operations.md'), 'utf8');

/** Words in italics that are no clicks, and clicks that the page only warns of or names in passing. */
const NOT_CLICKED = ['Final', 'Request Cancellation', 'Backfill'];

describe('docs/operations.md', () => {
  it('names only clicks that tests/browser performs', () => {
    const made = readdirSync(path.join(ROOT, 'tests/browser'))
      .map((name) => readFileSync(path.join(ROOT, 'tests/browser', name), 'utf8'))
      .join('\n');
    const named = new Set(
      [...PAGE.matchAll(/(?<!\*)\*([A-Z][\w ]+)\*(?!\*)/g)].map(([, click = '']) => click),
    );
    expect([...named]).toEqual(expect.arrayContaining(['More Actions', 'Send a Signal', 'Reset', 'Unpause']));
    expect([...named].filter((click) => !NOT_CLICKED.includes(click) && !made.includes(click))).toEqual([]);
  });
});

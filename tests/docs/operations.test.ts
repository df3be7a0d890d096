import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { Output } from '../../apps/cli/src/output';
import { createProgram } from '../../apps/cli/src/program';

const ROOT = path.resolve(__dirname, '../..');
const PAGE = readFileSync(path.join(ROOT, 'docs/operations.md'), 'utf8');
const IMAGES = path.join(ROOT, 'docs/images');

/** Words in italics that are no clicks, and clicks that the page only warns of or names in passing. */
const NOT_CLICKED = ['Final', 'Request Cancellation', 'Backfill'];

describe('docs/operations.md', () => {
  it('shows existing, small pictures, and no other pictures are kept', () => {
    const shown = [...PAGE.matchAll(/\]\(images\/([^)]+)\)/g)].map(([, name]) => name ?? '');
    expect([...new Set(shown)].sort()).toEqual(readdirSync(IMAGES).sort());
    const sizes = shown.map((name) => statSync(path.join(IMAGES, name)).size);
    expect(Math.max(...sizes)).toBeLessThan(120_000);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1_000_000);
  });

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

  it('names only existing commands and options', () => {
    const program = createProgram(new Output(false), () => undefined);
    const options = new Set<string>();
    const names = new Set<string>();
    const add = ({ commands, options: own }: typeof program, above: string): void => {
      for (const { long } of own) if (long) options.add(long);
      for (const command of commands) {
        names.add(`${above}${command.name()}`);
        add(command as typeof program, `${above}${command.name()} `);
      }
    };
    add(program, '');
    for (const [, name = '', sub = ''] of PAGE.matchAll(/parquetry ([a-z]+)(?: ([a-z]+))?/g))
      expect({ name, known: names.has(name) || names.has(`${name} ${sub}`) }).toEqual({ name, known: true });
    for (const [option] of PAGE.matchAll(/(?<=`|\s)--[a-z-]+/g))
      if (!['--workflow-id', '--activity-id', '--versioning-override-behavior'].includes(option))
        expect({ option, known: options.has(option) }).toEqual({ option, known: true });
  });

  it('links to existing pages and headings', () => {
    const headings = [...PAGE.matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
      text
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
    for (const [, link = ''] of PAGE.matchAll(/\]\(([^)]+)\)/g))
      if (link.startsWith('#')) expect(headings).toContain(link.slice(1));
      else expect({ link, there: existsSync(path.join(ROOT, 'docs', link)) }).toEqual({ link, there: true });
  });
});

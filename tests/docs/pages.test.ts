import { blocksOf, commandsOf, headingAnchors, linksOf, matches, normalised } from './pages';

const PAGE = `# A page: with \`code\`

<!-- test: exit 1, stderr -->
\`\`\`console
$ one \\
  --more
out 1
out 2

$ two
\`\`\`

\`\`\`sh
# a comment
three

four \\
  five
\`\`\`

1. In a list:

   <!-- test: skip no network -->
   \`\`\`yaml
   a: 1
   \`\`\`
`;

describe('blocks of a page', () => {
  const [console, shell, yaml] = blocksOf('page.md', PAGE);

  it('have a line, a language and the note before them', () => {
    expect(console).toMatchObject({ page: 'page.md', line: 4, language: 'console', note: 'exit 1, stderr' });
    expect(shell).toMatchObject({ line: 13, language: 'sh', note: '' });
    expect(yaml).toMatchObject({ line: 24, language: 'yaml', note: 'skip no network' });
  });

  it('have commands, with the output that follows in a console block', () => {
    expect(console && commandsOf(console)).toEqual([
      { text: 'one \\\n  --more', output: 'out 1\nout 2\n' },
      { text: 'two', output: '' },
    ]);
    expect(shell && commandsOf(shell).map(({ text }) => text)).toEqual(['three', 'four \\\n  five']);
    expect(() => commandsOf({ page: '', line: 1, note: '', language: 'console', text: 'out' })).toThrow(
      'out',
    );
  });

  it('have links and headings', () => {
    expect(headingAnchors(PAGE)).toEqual(['a-page-with-code']);
    expect(linksOf('[a](b.md#c) ![p](images/p.png) [web](https://e.org) <img src="q.png">')).toEqual([
      'b.md#c',
      'images/p.png',
      'q.png',
    ]);
  });
});

describe('the comparison of outputs', () => {
  it('ignores what varies, and nothing else', () => {
    const one =
      '│ ledgers │ 4 │ 123.9 kB │\n├──┼─┤\nbackfill-426000-426199-1a2b3c4d of tail/0123456789ab took 1.2 s at http://127.0.0.1:8233';
    const two =
      '│ ledgers  │   4 │ 99 MB │\n├─────┼───┤\nbackfill-426000-426199-ffff0000 of tail/ba9876543210 took 3 min 5 s at http://127.0.0.1:1';
    expect(normalised(two)).toBe(normalised(one));
    expect(normalised(one)).not.toBe(normalised(one.replace('4 │', '5 │')));
    expect(normalised('ledgers 426000-426199, 1,184 rows, v1')).toBe('ledgers 426000-426199, 1,184 rows, v1');
    expect(normalised('/tmp/x/lake', '/tmp/x')).toBe('/home/me/stellar/lake');
  });

  it('lets … match any text, also lines, and takes everything else literally', () => {
    expect(matches('a … c\n…\ne.', 'a b c\nd\nd\ne.')).toBe(true);
    expect(matches('a … c', 'a b c d')).toBe(false);
    expect(matches('a.c', 'abc')).toBe(false);
  });
});

import { explore, type ModelDraft } from './testing/model';

const RANGES = [
  [1, 1],
  [2, 2],
  [1, 2],
] as const;

const drafts: ModelDraft[] = RANGES.flatMap((range) =>
  ['a', 'b'].flatMap((content) =>
    (['fill', 'replace'] as const).map((mode): ModelDraft => ({ range, content, mode })),
  ),
);

describe('the commit protocol in every reachable state (invariants 1–3)', () => {
  it('holds for two writers with any ranges, contents and modes that crash at any step', () => {
    let states = 0;
    for (const one of drafts)
      for (const two of drafts) {
        const { broken, states: visited, ends } = explore({ drafts: [one, two], crashes: 1 });
        expect(broken).toBeUndefined();
        expect(ends.size).toBeGreaterThan(0);
        states += visited;
      }
    expect(states).toBeGreaterThan(20_000);
  });

  it('holds for three writers of overlapping ranges', () => {
    for (const mode of ['fill', 'replace'] as const) {
      const three = RANGES.map((range, index): ModelDraft => ({ range, content: 'abc'[index] ?? '', mode }));
      expect(explore({ drafts: three, crashes: 1 }).broken).toBeUndefined();
    }
  });

  it('refuses exactly one of two writers that fill overlapping ranges with different content', () => {
    const { ends } = explore({
      drafts: [
        { range: [1, 2], content: 'a', mode: 'fill' },
        { range: [2, 2], content: 'b', mode: 'fill' },
      ],
      crashes: 2,
    });
    const results = [...ends].map((end) => (JSON.parse(end) as [string[], string[]])[0]);
    expect(results.every((pair) => pair.filter((result) => result === 'refused').length === 1)).toBe(true);
  });

  it('holds while the garbage collector removes old objects of crashed attempts', () => {
    for (const one of drafts.filter(({ content, range }) => content === 'a' && range[0] === 1))
      for (const mode of ['fill', 'replace'] as const) {
        const two: ModelDraft = { range: [1, 1], content: 'a', mode };
        const old = { '1-1': 'a', '1-2': 'a' };
        expect(explore({ drafts: [one, two], crashes: 1, collector: true, old }).broken).toBeUndefined();
      }
  });

  it.each([
    ['reuses old objects', 'is not on storage', 'fill'],
    ['commits without put-if-absent', 'is in two segments', 'fill'],
    ['retires before its commit', 'is not on storage', 'replace'],
  ] as const)('finds the fault of a protocol that %s', (wrong, expected, mode) => {
    const { broken } = explore({
      drafts: [
        { range: [1, 1], content: 'a', mode },
        { range: [1, 1], content: 'b', mode },
      ],
      crashes: 1,
      collector: true,
      old: { '1-1': 'a' },
      wrong,
    });
    expect(broken).toContain(expected);
  });
});

import fc from 'fast-check';
import { caseClashes } from './clash';
import { Workspace } from './testing/workspace';

describe('types that differ only in case', () => {
  it('are decided by the set of names alone: registered, else first in byte order', () => {
    expect(caseClashes(['payment', 'Payment', 'trade'], [])).toEqual(new Map([['payment', 'Payment']]));
    expect(caseClashes(['payment', 'Payment'], ['payment'])).toEqual(new Map([['Payment', 'payment']]));
    expect(caseClashes(['Payment'], ['payment'])).toEqual(new Map([['Payment', 'payment']]));
    expect(caseClashes(['Payment', 'payment'], ['payment', 'Payment'])).toEqual(new Map());
    fc.assert(
      fc.property(fc.shuffledSubarray(['a', 'A', 'aB', 'Ab', 'ab', 'x']), (names) => {
        expect(caseClashes(names, [])).toEqual(caseClashes([...names].sort(), []));
      }),
    );
  });

  const message = (type: string, ledger: number) => `{"type":"${type}","ledger":${ledger},"closed_at":0}`;

  it.each([[['Payment', 'payment', 'payment']], [['payment', 'payment', 'Payment']]])(
    '%j: one is a table, the messages of the other are rejects',
    async (types) => {
      const workspace = await Workspace.create();
      try {
        const lines = types.map((type, index) => message(type, index + 1));
        const file = await workspace.write('in', lines);
        const source = await workspace.open(file);
        const index = await workspace.prepare(source);
        expect(index.datasets.map(({ dataset, messages }) => [dataset, messages])).toEqual([['Payment', 1]]);
        expect(index.unusable).toBe(2);
        const rejects = await workspace.rejects();
        expect(rejects.map(({ raw }) => raw)).toEqual(lines.filter((line) => line.includes('"payment"')));
        expect(rejects[0]).toMatchObject({
          code: 'BAD_MESSAGE_TYPE',
          expected: 'Payment',
          actual: 'payment',
          dataset: 'payment',
        });
        const { manifest } = await workspace.pull(source, index);
        expect(manifest.datasets).toMatchObject([{ dataset: 'Payment', rows: 1, rejected: 0 }]);
      } finally {
        await workspace.remove();
      }
    },
  );
});

import { checkTotals } from './totals';

const writers = (...ids: (string | undefined)[]): ReadonlySet<string | undefined> => new Set(ids);

describe('checkTotals', () => {
  it('takes a run whose messages are its rows and rejects', () => {
    expect(
      checkTotals('event', 10, { rows: 7, rejected: 3, writers: writers('run/p/0000000001') }, 'run'),
    ).toBeUndefined();
  });

  it.each([
    ['a lost row', 6, 3],
    ['a doubled row', 8, 3],
    ['a lost reject', 7, 2],
  ])('refuses %s', (_what, rows, rejected) => {
    expect(() =>
      checkTotals('event', 10, { rows, rejected, writers: writers('run/p/1', 'run/p/2') }, 'run'),
    ).toThrow(
      expect.objectContaining({
        code: 'VERIFY_MISMATCH',
        message: `event: 10 messages were indexed, ${rows} rows and ${rejected} rejects are committed by this run.`,
        details: expect.objectContaining({ messages: 10, rows, rejected }) as object,
      }),
    );
  });

  it.each([
    ['another run', 'running/p/1'],
    ['another program', undefined],
  ])('tells what %s committed', (_who, id) => {
    expect(
      checkTotals('event', 10, { rows: 7, rejected: 0, writers: writers('run/p/1', id) }, 'run'),
    ).toMatch(/committed before by .*--mode replace/);
  });
});

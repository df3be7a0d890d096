import { checkTotals } from './totals';

const PLAN = '_parquetry/runs/1.json';
const own = { workflow: 'run/p/0000000001', plan: PLAN };

describe('checkTotals', () => {
  it('accepts a run whose messages equal its rows and rejects', () => {
    expect(checkTotals('event', 10, { rows: 7, rejected: 3, writers: [own] }, PLAN)).toBeUndefined();
  });

  it.each([
    ['a lost row', 6, 3],
    ['a duplicate row', 8, 3],
    ['a lost reject', 7, 2],
  ])('refuses %s', (_what, rows, rejected) => {
    expect(() => checkTotals('event', 10, { rows, rejected, writers: [own] }, PLAN)).toThrow(
      expect.objectContaining({
        code: 'VERIFY_MISMATCH',
        message: `event: 10 messages were indexed, ${rows} rows and ${rejected} rejects are committed by this run.`,
        details: expect.objectContaining({ messages: 10, rows, rejected }) as object,
      }),
    );
  });

  it.each([
    ['another run', { workflow: 'other/p/1', plan: '_parquetry/runs/2.json' }],
    ['an earlier run of the same command', { workflow: own.workflow, plan: '_parquetry/runs/2.json' }],
    ['another program', {}],
  ])('reports what %s committed', (_who, writer) => {
    expect(checkTotals('event', 10, { rows: 7, rejected: 0, writers: [own, writer] }, PLAN)).toMatch(
      /committed before by .*--mode replace/,
    );
  });
});

import { sdk } from '@parquetry/temporal';
import { findRun } from './findrun';
import { type ListedRun, listRuns } from './runlist';
import type { Session } from './session';

interface Execution {
  readonly id: string;
  readonly status: string;
  readonly start: number;
  readonly type?: string;
}

/** A server with some executions, newest first; it understands the queries of `listRuns`. */
function server(all: readonly Execution[]): Session {
  const workflow = {
    async *list({ query }: { query: string }) {
      const prefix = /STARTS_WITH '(.*)'$/.exec(query)?.[1]?.replaceAll("''", "'") ?? '';
      const types = [...(/WorkflowType IN \((.*?)\)/.exec(query)?.[1] ?? '').matchAll(/'(\w+)'/g)].map(
        ([, t]) => t,
      );
      for (const { id, status, start, type = 'backfill' } of all)
        if (
          id.startsWith(prefix) &&
          types.includes(type) &&
          (!query.includes("ExecutionStatus = 'Running'") || status === 'RUNNING')
        )
          yield await Promise.resolve({
            workflowId: id,
            type,
            status: { name: status },
            startTime: new Date(start),
            typedSearchAttributes: { get: () => undefined },
          });
    },
    getHandle: (id: string) => ({
      describe: () =>
        all.some((one) => one.id === id)
          ? Promise.resolve({})
          : Promise.reject(new sdk.WorkflowNotFoundError('not found', id, undefined)),
    }),
  };
  return { client: { workflow }, embedded: true } as unknown as Session;
}

const RUNS: Execution[] = [
  { id: 'backfill-500-600-bb', status: 'RUNNING', start: 50 },
  { id: 'backfill-400-500-aa', status: 'RUNNING', start: 40 },
  { id: 'backfill-400-500-aa', status: 'CONTINUED_AS_NEW', start: 30 },
  { id: 'backfill-400-500-aa', status: 'COMPLETED', start: 20 },
  { id: 'backfill-400-500-aa', status: 'CONTINUED_AS_NEW', start: 10 },
  { id: 'tail/1', status: 'RUNNING', start: 9, type: 'tail' },
  { id: "backfill-1-2-it's", status: 'FAILED', start: 5 },
];

describe('the run that a person means', () => {
  const session = server(RUNS);

  it.each<[string, string | undefined, Parameters<typeof findRun>[2], string]>([
    ['the exact id', 'backfill-400-500-aa', { running: true }, 'backfill-400-500-aa'],
    ['the first characters of one', 'backfill-5', { running: true }, 'backfill-500-600-bb'],
    ['a quote in the id', "backfill-1-2-it'", {}, "backfill-1-2-it's"],
    ['nothing, if there is one', undefined, { running: true, types: ['tail'] }, 'tail/1'],
  ])('%s', async (_, given, filter, expected) => {
    await expect(findRun(session, given, filter)).resolves.toBe(expected);
  });

  it('is refused with the candidates if there are several', async () => {
    await expect(findRun(session, 'backfill-', { running: true })).rejects.toMatchObject({
      code: 'USAGE',
      exitCode: 2,
      message: '"backfill-" is the beginning of 2 runs.',
      hint: [
        'Name one of them; the first characters are enough:',
        '  backfill-500-600-bb (backfill, running)',
        '  backfill-400-500-aa (backfill, running)',
      ].join('\n'),
    });
    await expect(findRun(session, undefined, { running: true })).rejects.toMatchObject({
      message: '3 runs are running.',
    });
  });

  it('is refused if there is none', async () => {
    const hint = expect.stringContaining('`parquetry runs`') as string;
    await expect(
      findRun(session, 'nope', { running: true, types: ['backfill', 'tail'] }),
    ).rejects.toMatchObject({
      code: 'USAGE',
      message: 'There is no running backfill or tail "nope".',
      hint,
    });
    await expect(findRun(server([]), undefined, {})).rejects.toMatchObject({
      message: 'There is no run.',
      hint,
    });
  });
});

it('the list has each run once, with the age of all its parts', async () => {
  const listed = await listRuns(server(RUNS));
  const started = ({ workflowId, status, startedAt }: ListedRun): unknown[] => [
    workflowId,
    status,
    startedAt.getTime(),
  ];
  expect(listed.map(started)).toEqual([
    ['backfill-500-600-bb', 'RUNNING', 50],
    ['backfill-400-500-aa', 'RUNNING', 30],
    ['tail/1', 'RUNNING', 9],
    ["backfill-1-2-it's", 'FAILED', 5],
  ]);
});

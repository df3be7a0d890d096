import { sdk } from '@parquetry/temporal';
import type { BackfillInput } from '@parquetry/workflows';
import type { Session } from './session';
import { startOrJoin } from './startrun';

const INPUT: BackfillInput = {
  spec: {
    ...{ source: { uri: 'galexie:/lake' }, archive: '/archive', range: { start: 10, end: 29 } },
    ...{ partitionSize: 10, maxRejects: 0, verify: 'ledger' },
    settings: { compression: 'zstd', layout: { kind: 'ledger_day' } },
  },
  ...{ concurrency: 4, maxParked: 50, onFailure: 'park' },
};

/** A server on which the run `X` has parked partitions. */
function running(input: BackfillInput): { session: Session; retries: unknown[] } {
  const retries: unknown[] = [];
  const data = Buffer.from(JSON.stringify(input));
  const payload = { metadata: { encoding: Buffer.from('json/plain') }, data };
  const started = { workflowType: { name: 'backfill' }, input: { payloads: [payload] } };
  const handle = {
    workflowId: 'X',
    fetchHistory: async () => ({ events: [{ workflowExecutionStartedEventAttributes: started }] }),
    query: async () => ({ parked: 2 }),
    executeUpdate: async (update: unknown) => retries.push(update),
  };
  const start = (): Promise<never> =>
    Promise.reject(new sdk.WorkflowExecutionAlreadyStartedError('it runs', 'X', 'backfill'));
  const session = { namespace: 'default', client: { workflow: { start, getHandle: () => handle } } };
  return { session: session as unknown as Session, retries };
}

it('joins a run of the same ledgers and settings, whatever its concurrency, and retries what is parked', async () => {
  const { session, retries } = running({ ...INPUT, concurrency: 9 });
  expect(await startOrJoin(session, 'X', INPUT)).toBe(false);
  expect(retries).toHaveLength(1);
});

it('refuses a run of other ledgers or settings under the same id, and changes nothing', async () => {
  const { session, retries } = running(INPUT);
  const other = { ...INPUT, spec: { ...INPUT.spec, range: { start: 10, end: 39 }, partitionSize: 100 } };
  const error = (await startOrJoin(session, 'X', other).catch((found: unknown) => found)) as Error & {
    hint: string;
  };
  expect(error).toMatchObject({
    code: 'USAGE',
    exitCode: 2,
    message: expect.stringContaining('The run X is'),
  });
  expect(error.hint.split('\n')).toEqual([
    '--ledgers: 10-29, not 10-39',
    '--partition-size: 10, not 100',
    expect.stringContaining('parquetry cancel X'),
  ]);
  expect(retries).toEqual([]);
});

it('joins a run up to the newest ledger, which has moved, but not one that begins elsewhere', async () => {
  const { session } = running(INPUT);
  const later = (start: number): BackfillInput => ({
    ...INPUT,
    spec: { ...INPUT.spec, range: { start, end: 39 } },
  });
  expect(await startOrJoin(session, 'X', later(10), '10:latest')).toBe(false);
  expect(await startOrJoin(session, 'X', later(20), 'latest-19:latest')).toBe(false);
  await expect(startOrJoin(session, 'X', later(11), '11:latest')).rejects.toMatchObject({ code: 'USAGE' });
});

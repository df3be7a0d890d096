import { ParquetryError } from '@parquetry/core';
import { ActivityCache, archivesOfRuns } from './activity';
import type { TemporalView } from './server';

/** A server with one execution for each input; those without one can't be decrypted. */
function server(inputs: readonly unknown[]): { readonly view: TemporalView; readonly cache: ActivityCache } {
  const cache = new ActivityCache();
  const startTime = new Date(0);
  const infos = inputs.map((input, at) => {
    if (input !== undefined) cache.inputs.set(String(at), input);
    return {
      workflowId: `run-${at}`,
      runId: String(at),
      type: 'backfill',
      startTime,
      status: { name: 'RUNNING' },
    };
  });
  const client = {
    workflow: { list: () => infos },
    workflowService: {
      getWorkflowExecutionHistory: () =>
        Promise.reject(new ParquetryError('PAYLOAD_UNREADABLE', 'A payload is encrypted.')),
    },
  };
  return { view: { client } as unknown as TemporalView, cache };
}

it('an archive that the worker may not open is not listed', async () => {
  const { view, cache } = server([
    { archive: '/lake/a' },
    { spec: { archive: '/etc/b' } },
    { archive: 's3://evil/c' },
    { archive: 5 },
  ]);
  const all = ['/lake/a', '/etc/b', 's3://evil/c'];
  expect(await archivesOfRuns(view, cache)).toEqual(all);
  expect(await archivesOfRuns(view, cache, { archives: ['/lake'] })).toEqual(['/lake/a']);
});

it('a run that can not be decrypted does not hide the others', async () => {
  const { view, cache } = server([undefined, { archive: '/lake/a' }]);
  expect(await archivesOfRuns(view, cache)).toEqual(['/lake/a']);
  const none = server([undefined]);
  await expect(archivesOfRuns(none.view, none.cache)).rejects.toMatchObject({ code: 'PAYLOAD_UNREADABLE' });
});

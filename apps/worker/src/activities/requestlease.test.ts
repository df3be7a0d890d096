import type { Client } from '@temporalio/client';
import { limiterOf, requestLease } from './requestlease';

it('the limiter of an archive has one id, with and without encryption, which does not name the archive', async () => {
  const started: unknown[] = [];
  const signalWithStart = (type: string, options: { workflowId: string; staticSummary: string }): void =>
    void started.push([type, options.workflowId, options.staticSummary]);
  const client = { workflow: { signalWithStart } } as unknown as Client;
  const archive = '/lakes/secret';
  const request = { archive, holder: 'run/p/1', token: 't', limit: 2 };
  for (const encrypts of [false, true]) await requestLease({ client, ...{ encrypts } }, request);
  const id = limiterOf(archive);
  expect(id).not.toContain('secret');
  expect(started).toEqual([
    ['limiter', id, `limit of the partitions at work in ${archive}`],
    ['limiter', id, `limit of the partitions at work in ${archive}`],
  ]);
  expect(limiterOf('/lakes/other')).not.toBe(id);
  expect(limiterOf('file:///lakes/secret')).toBe(id);
});

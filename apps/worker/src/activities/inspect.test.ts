import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { inspect } from './inspect';

it('a workflow that a person paused still runs; others have ended as the server says', async () => {
  const client = {
    workflow: {
      getHandle: (id: string) => ({
        describe: () =>
          id === 'NONE'
            ? Promise.reject(new WorkflowNotFoundError('none', id, undefined))
            : Promise.resolve({ status: { name: id } }),
      }),
    },
  } as unknown as Client;
  const ids = ['RUNNING', 'PAUSED', 'UNKNOWN', 'COMPLETED', 'TERMINATED', 'NONE'];
  expect(await new MockActivityEnvironment().run(() => inspect({ client }, ids))).toEqual({
    ...{ RUNNING: 'RUNNING', PAUSED: 'RUNNING', UNKNOWN: 'RUNNING' },
    ...{ COMPLETED: 'COMPLETED', TERMINATED: 'TERMINATED', NONE: 'NOT_FOUND' },
  });
});

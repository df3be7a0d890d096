import { LAKE_QUEUE, RPC_QUEUE } from '@parquetry/workflows';
import { type Limits, limitedQueues, limitsOf } from './limits';

const added = (limits: Limits, uri: string): object => limitsOf(limits, { source: { uri } });

it('pulls use the queue of their source when its rate is limited; a source with a node counts as a node', () => {
  const both = { rpcRate: 2, lakeRate: 0.5 };
  expect(limitedQueues(both)).toEqual([
    [RPC_QUEUE, 2],
    [LAKE_QUEUE, 0.5],
  ]);
  expect(added(both, 'galexie:s3://a/b')).toEqual({ queue: LAKE_QUEUE });
  expect(added(both, 'rpc:https://a/')).toEqual({ queue: RPC_QUEUE });
  expect(added(both, 'galexie:/a,rpc:https://a/')).toEqual({ queue: RPC_QUEUE });
  expect(added(both, 'ndjson:/a/*.json')).toEqual({});
  expect(added({ rpcRate: 2 }, 'galexie:/a')).toEqual({});
  expect(added({ lakeRate: 2 }, 'galexie:/a,rpc:https://a/')).toEqual({});
  expect([limitedQueues({}), added({}, 'galexie:/a')]).toEqual([[], {}]);
});

it('every task has the limit of partitions of its archive', () => {
  for (const uri of ['galexie:/a', 'ndjson:/a', 'processor:x'])
    expect(added({ archivePartitions: 3 }, uri)).toEqual({ limit: 3 });
});

import { isLedgerUri, ledgerLocations } from '@parquetry/core';
import { LAKE_QUEUE, type PartitionTask, RPC_QUEUE, type RunSpec } from '@parquetry/workflows';

/** Limits that hold over all workers; they must be the same for every worker. */
export interface Limits {
  /** Partitions of one archive that are at work at the same time. */
  readonly archivePartitions?: number;
  /** Pulls from RPC nodes that start per second. */
  readonly rpcRate?: number;
  /** Pulls from lakes that start per second. */
  readonly lakeRate?: number;
}

/** Task queues of the pulls whose rate is limited: the server enforces it across all workers. */
export function limitedQueues({ rpcRate, lakeRate }: Limits): (readonly [queue: string, rate: number])[] {
  return [
    ...(rpcRate === undefined ? [] : [[RPC_QUEUE, rpcRate] as const]),
    ...(lakeRate === undefined ? [] : [[LAKE_QUEUE, lakeRate] as const]),
  ];
}

/** What the limits add to the tasks of a run. A source with a lake and a node counts as a node. */
export function limitsOf(
  { archivePartitions, rpcRate, lakeRate }: Limits,
  { source }: Pick<RunSpec, 'source'>,
): Pick<PartitionTask, 'queue' | 'limit'> {
  const kinds = isLedgerUri(source.uri) ? ledgerLocations(source.uri).map(({ kind }) => kind) : [];
  const queue = kinds.includes('rpc')
    ? rpcRate !== undefined && RPC_QUEUE
    : kinds.length > 0 && lakeRate !== undefined && LAKE_QUEUE;
  return {
    ...(queue === false ? {} : { queue }),
    ...(archivePartitions === undefined ? {} : { limit: archivePartitions }),
  };
}

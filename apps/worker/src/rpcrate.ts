import { ParquetryError, ledgerLocations } from '@parquetry/core';
import { type PartitionTask, RPC_QUEUE, type SourceSpec } from '@parquetry/workflows';

/** Names the limit: pulls from RPC nodes that may start per second, across all workers. */
const RATE_VARIABLE = 'PARQUETRY_RPC_RATE';

/**
 * The limit of this worker's environment; undefined: no limit. The server enforces it across all workers, which must
 * use the same.
 * @throws ParquetryError CONFIG_INVALID
 */
export function rpcRate(text = process.env[RATE_VARIABLE]): number | undefined {
  if (text === undefined || text === '') return undefined;
  const rate = Number(text);
  if (rate > 0 && Number.isFinite(rate)) return rate;
  throw new ParquetryError('CONFIG_INVALID', `${RATE_VARIABLE} is not a number above 0.`, {
    hint: 'Set the number of pulls that may start per second, for example 0.5.',
  });
}

/** Where a partition's pull is to run: pulls from an RPC node use a separate queue when there is a limit. */
export function pullQueue({ uri }: SourceSpec): Pick<PartitionTask, 'queue'> {
  const readsNode = ledgerLocations(uri).some(({ kind }) => kind === 'rpc');
  return readsNode && rpcRate() !== undefined ? { queue: RPC_QUEUE } : {};
}

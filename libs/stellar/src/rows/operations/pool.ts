import { hex } from '../../bytes';
import { STRKEY, strkey } from '../../strkey';
import type { Details } from '../details';
import type { AppliedOperation, PoolChange } from '../operation';
import { allNames, assetNamesWithId, putAsset } from '../put';

const RESERVE_A = assetNamesWithId('reserve_a_');
const RESERVE_B = assetNamesWithId('reserve_b_');

/** Members that deposits and withdrawals have. */
export const POOL_MEMBERS: readonly string[] = [
  ...allNames(RESERVE_A),
  ...allNames(RESERVE_B),
  'liquidity_pool_id',
  'liquidity_pool_id_strkey',
];

/**
 * Puts the pool and its assets, and returns the pool's change. Only the change names the assets; a failed operation has
 * no change.
 */
export function putPool(details: Details, id: Uint8Array, at: AppliedOperation): PoolChange | undefined {
  details['liquidity_pool_id'] = hex(id);
  details['liquidity_pool_id_strkey'] = strkey(STRKEY.liquidityPool, id);
  const change = at.transaction.successful ? at.poolChange(id) : undefined;
  const params = change?.pool.body.value.params;
  if (params === undefined) return undefined;
  putAsset(details, RESERVE_A, params.assetA);
  putAsset(details, RESERVE_B, params.assetB);
  return change;
}

import { claimableBalanceStrkey } from '../../strkey';
import type { ClaimableBalanceId } from '../../xdr/operations';
import type { Details } from '../details';
import type { AppliedOperation } from '../operation';

/** Members that name a claimable balance. */
export const BALANCE_MEMBERS: readonly string[] = ['balance_id', 'balance_id_strkey'];

/** Puts a claimable balance id, hex of its XDR and strkey. */
export function putBalance(details: Details, id: ClaimableBalanceId, at: AppliedOperation): void {
  details['balance_id'] = at.ledger.bytes.toString('hex', id.xdrStart, id.xdrEnd);
  details['balance_id_strkey'] = claimableBalanceStrkey(id.value);
}

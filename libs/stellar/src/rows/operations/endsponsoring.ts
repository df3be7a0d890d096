import type { MuxedAccount } from '../../xdr/types';
import { type AppliedOperation, transactionSource } from '../operation';
import { accountNames, allNames, putAccount } from '../put';
import { accountKey } from '../soroban';
import { describe } from './describe';

const BEGIN_SPONSOR = accountNames('begin_sponsor');

export const endSponsoringFutureReserves = describe<'endSponsoringFutureReserves'>({
  code: 17,
  name: 'end_sponsoring_future_reserves',
  members: allNames(BEGIN_SPONSOR),
  fill(details, _, at) {
    const sponsor = sponsorOf(at);
    if (sponsor !== undefined) putAccount(details, BEGIN_SPONSOR, sponsor);
  },
});

/**
 * Source of the latest earlier operation that began to sponsor this operation's source. Undefined for failed
 * transactions: their sponsorships may be nested incorrectly.
 */
function sponsorOf(at: AppliedOperation): MuxedAccount | undefined {
  if (!at.transaction.successful) return undefined;
  const sponsored = accountKey(at.source);
  for (let index = at.index - 1; index >= 0; index--) {
    const begin = at.tx.operations[index];
    if (begin?.body.type !== 'beginSponsoringFutureReserves') continue;
    if (Buffer.compare(begin.body.value.sponsoredId.value, sponsored) !== 0) continue;
    return begin.sourceAccount ?? transactionSource(at.tx);
  }
  return undefined;
}

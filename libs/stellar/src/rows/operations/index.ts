import { accountText, muxedText } from '../../strkey';
import type { OperationResult, OperationType } from '../../xdr/operations';
import type { LedgerContext } from '../context';
import { type Details, fitAmount } from '../details';
import { type AppliedOperation, appliedOperations } from '../operation';
import { type Row, goName } from '../row';
import { accountMerge } from './accountmerge';
import { allowTrust } from './allowtrust';
import { beginSponsoringFutureReserves } from './beginsponsoring';
import { bumpSequence } from './bumpsequence';
import { changeTrust } from './changetrust';
import { claimClaimableBalance } from './claimbalance';
import { clawback } from './clawback';
import { clawbackClaimableBalance } from './clawbackbalance';
import { createAccount } from './createaccount';
import { createClaimableBalance } from './createbalance';
import type { DescribedOperation } from './describe';
import { endSponsoringFutureReserves } from './endsponsoring';
import { extendFootprintTtl } from './extendttl';
import { inflation } from './inflation';
import { invokeHostFunction } from './invoke';
import { manageBuyOffer } from './managebuy';
import { manageData } from './managedata';
import { manageSellOffer } from './managesell';
import { createPassiveSellOffer } from './passiveoffer';
import { pathPaymentStrictReceive } from './pathreceive';
import { pathPaymentStrictSend } from './pathsend';
import { payment } from './payment';
import { liquidityPoolDeposit } from './pooldeposit';
import { liquidityPoolWithdraw } from './poolwithdraw';
import { restoreFootprint } from './restore';
import { revokeSponsorship } from './revoke';
import { setOptions } from './setoptions';
import { entrySponsor } from './sponsor';
import { setTrustLineFlags } from './trustlineflags';

/** Every operation type. A new one needs a file and a line here. */
const OPERATIONS: Readonly<Record<OperationType, DescribedOperation>> = {
  createAccount,
  payment,
  pathPaymentStrictReceive,
  manageSellOffer,
  createPassiveSellOffer,
  setOptions,
  changeTrust,
  allowTrust,
  accountMerge,
  inflation,
  manageData,
  bumpSequence,
  manageBuyOffer,
  pathPaymentStrictSend,
  createClaimableBalance,
  claimClaimableBalance,
  beginSponsoringFutureReserves,
  endSponsoringFutureReserves,
  revokeSponsorship,
  clawback,
  clawbackClaimableBalance,
  setTrustLineFlags,
  liquidityPoolDeposit,
  liquidityPoolWithdraw,
  invokeHostFunction,
  extendFootprintTtl,
  restoreFootprint,
};

/** The rows of `operations`, in apply order. */
export function* operationRows(ledger: LedgerContext): Generator<Row> {
  for (const transaction of ledger.transactions)
    for (const operation of appliedOperations(ledger, transaction)) yield operationRow(operation);
}

function operationRow(at: AppliedOperation): Row {
  const { type, value } = at.operation.body;
  const { code, name, fill, json } = OPERATIONS[type];
  const details: Details = {};
  fill(details, value, at);
  const sponsor = entrySponsor(at);
  if (sponsor !== undefined) details['sponsor'] = sponsor;
  const text = json(details);
  for (const change of (details['asset_balance_changes'] ?? []) as Details[]) fitAmount(change);
  return {
    source_account: accountText(at.source),
    source_account_muxed: muxedText(at.source),
    type: code,
    type_string: name,
    details,
    transaction_id: at.transaction.id,
    id: at.id,
    closed_at: at.ledger.closedAt,
    operation_result_code: at.result === undefined ? '' : goName('OperationResultCode', at.result.type),
    operation_trace_code: at.result === undefined ? '' : traceCode(at.result),
    ledger_sequence: at.ledger.sequence,
    details_json: text,
  };
}

/** Result code of the operation's own type, e.g. PaymentResultCodePaymentSuccess; empty when it was not applied. */
function traceCode(result: OperationResult): string {
  if (result.type !== 'opInner') return '';
  const { type, value } = result.value;
  return goName(
    goName('', type === 'createPassiveSellOffer' ? 'manageSellOffer' : type) + 'ResultCode',
    value.type,
  );
}

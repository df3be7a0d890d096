import type { OperationType } from '../../xdr/operations';
import type { LedgerContext } from '../context';
import { type AppliedOperation, appliedOperations } from '../operation';
import type { Row } from '../row';
import { accountMerge } from './accountmerge';
import { bumpSequence } from './bumpsequence';
import { claimClaimableBalance, clawbackClaimableBalance, createClaimableBalance } from './claimablebalance';
import { clawback } from './clawback';
import { createAccount } from './createaccount';
import type { EffectsOf } from './describe';
import { extendFootprintTtl, restoreFootprint } from './footprint';
import { inflation } from './inflation';
import { invokeHostFunction } from './invoke';
import { EffectList } from './list';
import { manageData } from './managedata';
import { offer } from './offer';
import { pathPaymentStrictReceive, pathPaymentStrictSend } from './pathpayment';
import { payment } from './payment';
import { liquidityPoolDeposit, liquidityPoolWithdraw, poolEffects } from './pool';
import { setOptions } from './setoptions';
import { sponsorshipEffects } from './sponsorship';
import { allowTrust, changeTrust, setTrustLineFlags } from './trustline';

const NONE = (): void => undefined;

/** Effects by operation type, except sponsorship and pool effects. A new type needs a file and a line here. */
const EFFECTS: { readonly [T in OperationType]: EffectsOf<T> } = {
  createAccount,
  payment,
  pathPaymentStrictReceive,
  pathPaymentStrictSend,
  manageSellOffer: offer,
  manageBuyOffer: offer,
  createPassiveSellOffer: offer,
  setOptions,
  changeTrust,
  allowTrust,
  accountMerge,
  inflation,
  manageData,
  bumpSequence,
  createClaimableBalance,
  claimClaimableBalance,
  beginSponsoringFutureReserves: NONE,
  endSponsoringFutureReserves: NONE,
  revokeSponsorship: NONE,
  clawback,
  clawbackClaimableBalance,
  setTrustLineFlags,
  liquidityPoolDeposit,
  liquidityPoolWithdraw,
  invokeHostFunction,
  extendFootprintTtl,
  restoreFootprint,
};

/** The rows of `effects`: those of each operation of each successful transaction, in apply order. */
export function* effectRows(ledger: LedgerContext): Generator<Row> {
  for (const transaction of ledger.transactions) {
    if (!transaction.successful) continue;
    for (const operation of appliedOperations(ledger, transaction)) yield* operationEffects(operation);
  }
}

function operationEffects(at: AppliedOperation): readonly Row[] {
  const effects = new EffectList(at);
  const { type, value } = at.operation.body;
  (EFFECTS[type] as EffectsOf<OperationType>)(effects, value as never, at);
  sponsorshipEffects(effects);
  poolEffects(effects);
  return effects.rows;
}

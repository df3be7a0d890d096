import { accountRows } from './account';
import { signerRows } from './accountsigner';
import { assetRows } from './assets';
import { claimableBalanceRows } from './balance';
import { contractCodeRows } from './code';
import type { LedgerContext } from './context';
import { contractDataRows } from './contract';
import { effectRows } from './effects';
import { eventRows } from './events';
import { ledgerRow } from './ledger';
import { ledgerTransactionRows } from './ledgertransaction';
import { offerRows } from './offer';
import { operationRows } from './operations';
import { liquidityPoolRows } from './pool';
import type { Row } from './row';
import { settingRows } from './setting';
import { tokenTransferRows } from './tokentransfer';
import { tradeRows } from './trades';
import { transactionRows } from './transaction';
import { trustlineRows } from './trustline';
import { restoredKeyRows, ttlRows } from './ttl';
import type { StellarType } from './types';

export { STELLAR_TYPES, type StellarType } from './types';

const BUILDERS: Readonly<Record<StellarType, (context: LedgerContext) => Iterable<Row>>> = {
  ledgers: (context) => [ledgerRow(context)],
  transactions: transactionRows,
  ledger_transaction: ledgerTransactionRows,
  operations: operationRows,
  effects: effectRows,
  trades: tradeRows,
  assets: assetRows,
  contract_events: eventRows,
  token_transfers: tokenTransferRows,
  accounts: accountRows,
  signers: signerRows,
  trustlines: trustlineRows,
  offers: offerRows,
  claimable_balances: claimableBalanceRows,
  liquidity_pools: liquidityPoolRows,
  contract_data: contractDataRows,
  contract_code: contractCodeRows,
  config_settings: settingRows,
  ttl: ttlRows,
  restored_key: restoredKeyRows,
};

/** Whether this message type is made from ledgers. */
export function isStellarType(type: string): type is StellarType {
  return Object.hasOwn(BUILDERS, type);
}

/**
 * The rows of one message type in a ledger, in deterministic order.
 * @throws ParquetryError SOURCE_CORRUPT for a ledger that contradicts itself
 */
export function stellarRows(context: LedgerContext, type: StellarType): Iterable<Row> {
  return BUILDERS[type](context);
}

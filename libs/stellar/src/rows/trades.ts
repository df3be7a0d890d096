import { hex } from '../bytes';
import { STRKEY, accountStrkey, accountText, strkey } from '../strkey';
import type { LiquidityPoolEntry, OfferEntry } from '../xdr/entries';
import type { ClaimAtom } from '../xdr/operations';
import { type Claims, claimsOf, isEmptyClaim, sellerOf } from './claims';
import type { LedgerContext } from './context';
import { type AppliedOperation, appliedOperations } from './operation';
import type { Row } from './row';
import { roundingSlippage } from './slippage';
import { assetText } from './assettext';

/** `trade_type`. */
const ORDER_BOOK = 1;
const LIQUIDITY_POOL = 2;

/** Bit 62 marks buying offer ids that are really operation ids. */
const FROM_OPERATION = 1n << 62n;

/** The rows of `trades`: one per claim of a successful transaction, in apply order. */
export function* tradeRows(ledger: LedgerContext): Generator<Row> {
  for (const transaction of ledger.transactions) {
    if (!transaction.successful) continue;
    for (const operation of appliedOperations(ledger, transaction)) {
      const claims = claimsOf(operation);
      for (const [order, claim] of claims.claims.entries())
        if (!isEmptyClaim(claim)) yield tradeRow(operation, claims, claim, order);
    }
  }
}

function tradeRow(at: AppliedOperation, claims: Claims, claim: ClaimAtom, order: number): Row {
  const sold = assetText(claim.value.assetSold);
  const bought = assetText(claim.value.assetBought);
  return {
    order,
    ledger_closed_at: at.ledger.closedAt,
    selling_asset_code: sold.code,
    selling_asset_issuer: sold.issuer,
    selling_asset_type: sold.type,
    selling_asset_id: sold.id,
    selling_amount: claim.value.amountSold,
    buying_account_address: accountText(at.source),
    buying_asset_code: bought.code,
    buying_asset_issuer: bought.issuer,
    buying_asset_type: bought.type,
    buying_asset_id: bought.id,
    buying_amount: claim.value.amountBought,
    buying_offer_id: claims.offerId ?? at.id | FROM_OPERATION,
    history_operation_id: at.id,
    seller_is_exact: claims.sellerIsExact,
    ledger_sequence: at.ledger.sequence,
    ...(claim.type === 'claimAtomTypeLiquidityPool'
      ? poolColumns(at, claim, claims.sellerIsExact === true)
      : offerColumns(at, claim)),
  };
}

/** Columns of a trade with an offer; the price is the offer's price before the operation. */
function offerColumns(
  at: AppliedOperation,
  claim: Exclude<ClaimAtom, { type: 'claimAtomTypeLiquidityPool' }>,
): Row {
  const seller = sellerOf(claim) as Uint8Array;
  const { offerId } = claim.value;
  const price = offerBefore(at, seller, offerId)?.price;
  return {
    selling_account_address: accountStrkey(seller),
    price_n: price?.n ?? null,
    price_d: price?.d ?? null,
    selling_offer_id: offerId,
    selling_liquidity_pool_id: null,
    selling_liquidity_pool_id_strkey: null,
    liquidity_pool_fee: null,
    trade_type: ORDER_BOOK,
    rounding_slippage: null,
  };
}

/** Columns of a trade with a pool; the price is the amount paid divided by the amount received. */
function poolColumns(
  at: AppliedOperation,
  claim: Extract<ClaimAtom, { type: 'claimAtomTypeLiquidityPool' }>,
  receives: boolean,
): Row {
  const { liquidityPoolId, amountBought, amountSold } = claim.value;
  const pool = poolBefore(at, liquidityPoolId)?.body.value;
  return {
    selling_account_address: '',
    price_n: amountBought,
    price_d: amountSold,
    selling_offer_id: null,
    selling_liquidity_pool_id: hex(liquidityPoolId),
    selling_liquidity_pool_id_strkey: strkey(STRKEY.liquidityPool, liquidityPoolId),
    liquidity_pool_fee: pool?.params.fee ?? null,
    trade_type: LIQUIDITY_POOL,
    rounding_slippage: pool === undefined ? null : roundingSlippage(pool, claim, receives),
  };
}

function offerBefore(at: AppliedOperation, seller: Uint8Array, offerId: bigint): OfferEntry | undefined {
  for (const change of at.changes.toReversed()) {
    if (change.before?.data.type !== 'offer') continue;
    const offer = change.before.data.value;
    if (offer.offerId === offerId && Buffer.compare(offer.sellerId.value, seller) === 0) return offer;
  }
  return undefined;
}

function poolBefore(at: AppliedOperation, id: Uint8Array): LiquidityPoolEntry | undefined {
  for (const change of at.changes.toReversed()) {
    if (change.before?.data.type !== 'liquidityPool') continue;
    const pool = change.before.data.value;
    if (Buffer.compare(pool.liquidityPoolId, id) === 0) return pool;
  }
  return undefined;
}

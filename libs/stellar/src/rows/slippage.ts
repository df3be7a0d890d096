import type { ConstantProduct } from '../xdr/entries';
import type { ClaimAtom } from '../xdr/operations';
import { assetText } from './assettext';

const MOST = 0x7fffffffffffffffn;
const BIPS = 10_000n;

/**
 * Rounding slippage of a pool's payout in whole percent, computed as stellar-etl does (its code says basis points). The
 * payout is computed for the amount that the path payment fixed. `receives`: strict receive, which fixes the amount
 * paid out; an overflow returns the greatest int64. Null when the pool can't make this trade at all.
 */
export function roundingSlippage(
  { params, reserveA, reserveB }: ConstantProduct,
  claim: ClaimAtom,
  receives: boolean,
): bigint | null {
  const sellsA = assetText(claim.value.assetSold).canonical === assetText(params.assetA).canonical;
  const [disbursed, deposited] = sellsA ? [reserveA, reserveB] : [reserveB, reserveA];
  const amount = receives ? claim.value.amountSold : claim.value.amountBought;
  return payoutSlippage(deposited, disbursed, amount, BigInt(params.fee)) ?? (receives ? MOST : null);
}

/** CAP-38: y = floor[(1 - F) Yx / (X + x - Fx)]. Undefined for invalid inputs and overflows. */
function payoutSlippage(X: bigint, Y: bigint, x: bigint, fee: bigint): bigint | undefined {
  if (X < 0n || Y < 0n || x < 0n || fee < 0n || fee >= BIPS || x > MOST - X) return undefined;
  const rate = BIPS - fee;
  const denominator = X * BIPS + x * rate;
  if (denominator === 0n) return undefined;
  const numerator = Y * x * rate;
  const payout = numerator / denominator;
  if (payout <= 0n || payout > MOST) return undefined;
  if (numerator % denominator === 0n) return 0n;
  const exact = (numerator * BIPS) / denominator;
  const slippage = ((exact - payout * BIPS) * BIPS) / exact / 100n;
  return slippage > MOST ? undefined : slippage;
}

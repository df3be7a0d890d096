import type { ConstantProduct } from '../xdr/entries';
import type { ClaimAtom } from '../xdr/operations';
import { roundingSlippage } from './slippage';

const native = { type: 'assetTypeNative', value: undefined } as const;
const other = {
  type: 'assetTypeCreditAlphanum4',
  value: {
    assetCode: Buffer.from('USD\0'),
    issuer: { type: 'publicKeyTypeEd25519', value: Buffer.alloc(32, 3) },
  },
} as const;

function pool(reserveA: bigint, reserveB: bigint): ConstantProduct {
  const params = { assetA: native, assetB: other, fee: 30 };
  return { params, reserveA, reserveB, totalPoolShares: 1n, poolSharesTrustLineCount: 1n };
}

const claim = (amountSold: bigint, amountBought: bigint): ClaimAtom => ({
  type: 'claimAtomTypeLiquidityPool',
  value: {
    liquidityPoolId: Buffer.alloc(32),
    assetSold: native,
    amountSold,
    assetBought: other,
    amountBought,
  },
});

it('says how far rounding moved the payout, by the amount that the path payment fixed', () => {
  // 3 paid into 200 of USD against 300 of native: 4.4203… is due, 4 is paid, 9.5 % less.
  expect(roundingSlippage(pool(300n, 200n), claim(4n, 3n), false)).toBe(9n);
  expect(roundingSlippage(pool(10n ** 15n, 10n ** 15n), claim(10n ** 9n, 10n ** 9n), false)).toBe(0n);
});

it('overflows are the greatest int64 for strict receive, null for strict send', () => {
  const full = pool(1n, 0x7fffffffffffffffn);
  expect(roundingSlippage(full, claim(1n, 1n), true)).toBe(9223372036854775807n);
  expect(roundingSlippage(full, claim(1n, 1n), false)).toBeNull();
});

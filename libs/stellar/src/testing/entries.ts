import { xdr } from '@stellar/stellar-base';
import { union } from './ledger';

/** Ledger entries, keys and changes for tests, made with stellar-base. Accounts have 32 equal bytes as their key. */

export function id(byte: number): xdr.AccountId {
  return xdr.PublicKey.publicKeyTypeEd25519(Buffer.alloc(32, byte));
}

/** A credit asset with a code of up to four characters. */
export function credit(code: string, issuer: number): xdr.Asset {
  return xdr.Asset.assetTypeCreditAlphanum4(alphaNum4(code, issuer));
}

function alphaNum4(code: string, issuer: number): xdr.AlphaNum4 {
  return new xdr.AlphaNum4({ assetCode: Buffer.from(code.padEnd(4, '\0')), issuer: id(issuer) });
}

export function data(owner: number, name: string, value: string, sponsor?: number): xdr.LedgerEntry {
  const entry = new xdr.DataEntry({
    accountId: id(owner),
    dataName: name,
    dataValue: Buffer.from(value),
    ext: union(xdr.DataEntryExt, 0),
  });
  return wrap(xdr.LedgerEntryData.data(entry), sponsor);
}

/** Pool 7 of native and USD of account 3, fee 30, three trust lines. */
export function pool(reserveA: string, reserveB: string, shares: string): xdr.LedgerEntry {
  const body = new xdr.LiquidityPoolEntryConstantProduct({
    params: new xdr.LiquidityPoolConstantProductParameters({
      assetA: xdr.Asset.assetTypeNative(),
      assetB: credit('USD', 3),
      fee: 30,
    }),
    reserveA: new xdr.Int64(reserveA),
    reserveB: new xdr.Int64(reserveB),
    totalPoolShares: new xdr.Int64(shares),
    poolSharesTrustLineCount: new xdr.Int64('3'),
  });
  return wrap(
    xdr.LedgerEntryData.liquidityPool(
      new xdr.LiquidityPoolEntry({
        liquidityPoolId: Buffer.alloc(32, 7) as never,
        body: xdr.LiquidityPoolEntryBody.liquidityPoolConstantProduct(body),
      }),
    ),
  );
}

/** A claimable balance for account 2. */
export function balance(byte: number, asset: xdr.Asset, amount: string, flags: number): xdr.LedgerEntry {
  const claimant = new xdr.ClaimantV0({
    destination: id(2),
    predicate: xdr.ClaimPredicate.claimPredicateUnconditional(),
  });
  const ext = new xdr.ClaimableBalanceEntryExtensionV1({
    ext: union(xdr.ClaimableBalanceEntryExtensionV1Ext, 0),
    flags,
  });
  return wrap(
    xdr.LedgerEntryData.claimableBalance(
      new xdr.ClaimableBalanceEntry({
        balanceId: balanceId(byte),
        claimants: [xdr.Claimant.claimantTypeV0(claimant)],
        asset,
        amount: new xdr.Int64(amount),
        ext: union(xdr.ClaimableBalanceEntryExt, 1, ext),
      }),
    ),
  );
}

function balanceId(byte: number): xdr.ClaimableBalanceId {
  return xdr.ClaimableBalanceId.claimableBalanceIdTypeV0(Buffer.alloc(32, byte));
}

function wrap(entry: xdr.LedgerEntryData, sponsor?: number): xdr.LedgerEntry {
  const ext =
    sponsor === undefined
      ? union(xdr.LedgerEntryExt, 0)
      : union(
          xdr.LedgerEntryExt,
          1,
          new xdr.LedgerEntryExtensionV1({
            sponsoringId: id(sponsor),
            ext: union(xdr.LedgerEntryExtensionV1Ext, 0),
          }),
        );
  return new xdr.LedgerEntry({ lastModifiedLedgerSeq: 1, data: entry, ext });
}

/** The changes of an update. */
export function updated(before: xdr.LedgerEntry, after: xdr.LedgerEntry): xdr.LedgerEntryChange[] {
  return [xdr.LedgerEntryChange.ledgerEntryState(before), xdr.LedgerEntryChange.ledgerEntryUpdated(after)];
}

/** The changes of a removal. Any classic key will do, because readers use the state listed before it. */
export function removed(before: xdr.LedgerEntry): xdr.LedgerEntryChange[] {
  return [
    xdr.LedgerEntryChange.ledgerEntryState(before),
    xdr.LedgerEntryChange.ledgerEntryRemoved(key.account(1)),
  ];
}

const trustline = (owner: number, asset: xdr.TrustLineAsset): xdr.LedgerKey =>
  xdr.LedgerKey.trustline(new xdr.LedgerKeyTrustLine({ accountId: id(owner), asset }));

/** Ledger keys. */
export const key = {
  account: (byte: number) => xdr.LedgerKey.account(new xdr.LedgerKeyAccount({ accountId: id(byte) })),
  data: (byte: number, name: string) =>
    xdr.LedgerKey.data(new xdr.LedgerKeyData({ accountId: id(byte), dataName: name })),
  offer: (byte: number, offer: string) =>
    xdr.LedgerKey.offer(new xdr.LedgerKeyOffer({ sellerId: id(byte), offerId: new xdr.Int64(offer) })),
  balance: (byte: number) =>
    xdr.LedgerKey.claimableBalance(new xdr.LedgerKeyClaimableBalance({ balanceId: balanceId(byte) })),
  trustline: (byte: number, code: string, issuer: number) =>
    trustline(byte, xdr.TrustLineAsset.assetTypeCreditAlphanum4(alphaNum4(code, issuer))),
  poolTrustline: (byte: number, pool: number) =>
    trustline(byte, xdr.TrustLineAsset.assetTypePoolShare(Buffer.alloc(32, pool) as never)),
  pool: (byte: number) =>
    xdr.LedgerKey.liquidityPool(
      new xdr.LedgerKeyLiquidityPool({ liquidityPoolId: Buffer.alloc(32, byte) as never }),
    ),
};

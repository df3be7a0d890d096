import type { AccountId, Span, Union } from './values';

/** Assets, prices and claimants, as the compiled readers return them. */

export type Asset = Union<'assetTypeNative', undefined> | CreditAsset;
type CreditAsset = Union<'assetTypeCreditAlphanum4' | 'assetTypeCreditAlphanum12', AlphaNum>;
interface AlphaNum {
  readonly assetCode: Uint8Array;
  readonly issuer: AccountId;
}
export type TrustLineAsset = Asset | Union<'assetTypePoolShare', Uint8Array>;
export type ChangeTrustAsset =
  Asset | Union<'assetTypePoolShare', Span & Union<'liquidityPoolConstantProduct', PoolParameters>>;
export interface PoolParameters {
  readonly assetA: Asset;
  readonly assetB: Asset;
  readonly fee: number;
}
export interface Price {
  readonly n: number;
  readonly d: number;
}
export type ClaimableBalanceId = Span & Union<'claimableBalanceIdTypeV0', Uint8Array>;
export type Claimant = Union<
  'claimantTypeV0',
  { readonly destination: AccountId; readonly predicate: ClaimPredicate }
>;
export type ClaimPredicate =
  | Union<'claimPredicateUnconditional', undefined>
  | Union<'claimPredicateAnd' | 'claimPredicateOr', readonly ClaimPredicate[]>
  | Union<'claimPredicateNot', ClaimPredicate | undefined>
  | Union<'claimPredicateBeforeAbsoluteTime' | 'claimPredicateBeforeRelativeTime', bigint>;

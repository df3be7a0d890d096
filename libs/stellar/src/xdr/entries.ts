import type { Asset, ClaimableBalanceId, Claimant, PoolParameters, Price, TrustLineAsset } from './assets';
import type { AccountId, ScAddress, SignerKey, Span, Union } from './values';

/** The classic ledger entries, as the compiled readers return them. */

export interface Signer {
  readonly key: SignerKey;
  readonly weight: number;
}

export interface AccountEntry {
  readonly accountId: AccountId;
  readonly balance: bigint;
  readonly seqNum: bigint;
  readonly numSubEntries: number;
  readonly inflationDest: AccountId | undefined;
  readonly flags: number;
  readonly homeDomain: Uint8Array;
  /** Weight of the master key, then the low, medium and high threshold. */
  readonly thresholds: Uint8Array;
  readonly signers: readonly Signer[];
  readonly signersStart: number;
  readonly signersEnd: number;
  readonly ext:
    Union<0, undefined> | Union<1, { readonly liabilities: Liabilities; readonly ext: AccountExtension }>;
}

interface Liabilities {
  readonly buying: bigint;
  readonly selling: bigint;
}

type AccountExtension =
  | Union<0, undefined>
  | Union<
      2,
      {
        readonly numSponsored: number;
        readonly numSponsoring: number;
        readonly signerSponsoringIDs: readonly (AccountId | undefined)[];
        readonly ext:
          Union<0, undefined> | Union<3, { readonly seqLedger: number; readonly seqTime: bigint }>;
      }
    >;

export interface TrustLineEntry {
  readonly accountId: AccountId;
  readonly asset: TrustLineAsset;
  readonly balance: bigint;
  readonly limit: bigint;
  readonly flags: number;
  readonly ext: Union<0, undefined> | Union<1, { readonly liabilities: Liabilities }>;
}

export interface OfferEntry {
  readonly sellerId: AccountId;
  readonly offerId: bigint;
  readonly selling: Asset;
  readonly buying: Asset;
  readonly amount: bigint;
  readonly price: Price;
  readonly flags: number;
}

export interface DataEntry {
  readonly accountId: AccountId;
  readonly dataName: Uint8Array;
  readonly dataValue: Uint8Array;
}

export interface ClaimableBalanceEntry {
  readonly balanceId: ClaimableBalanceId;
  readonly claimants: readonly Claimant[];
  readonly asset: Asset;
  readonly amount: bigint;
  readonly ext: Union<0, undefined> | Union<1, { readonly flags: number }>;
}

export interface LiquidityPoolEntry {
  readonly liquidityPoolId: Uint8Array;
  readonly body: Union<'liquidityPoolConstantProduct', ConstantProduct>;
}

export interface ConstantProduct {
  readonly params: PoolParameters;
  readonly reserveA: bigint;
  readonly reserveB: bigint;
  readonly totalPoolShares: bigint;
  readonly poolSharesTrustLineCount: bigint;
}

export interface TtlEntry {
  readonly keyHash: Uint8Array;
  readonly liveUntilLedgerSeq: number;
}

export interface ContractCodeEntry {
  readonly ext: Union<0, undefined> | Union<1, { readonly costInputs: Readonly<Record<CostInput, number>> }>;
  readonly hash: Uint8Array;
}

/** What the cost of a contract's code depends on. */
type CostInput =
  | 'nInstructions'
  | 'nFunctions'
  | 'nGlobals'
  | 'nTableEntries'
  | 'nTypes'
  | 'nDataSegments'
  | 'nElemSegments'
  | 'nImports'
  | 'nExports'
  | 'nDataSegmentBytes';

/** Extension of a ledger entry: who pays its reserve. */
export type LedgerEntryExt = Union<0, undefined> | Union<1, { readonly sponsoringId: AccountId | undefined }>;

/** The key of a ledger entry. */
export type LedgerKey = Span &
  (
    | Union<'account', { readonly accountId: AccountId }>
    | Union<'trustline', { readonly accountId: AccountId; readonly asset: TrustLineAsset }>
    | Union<'offer', { readonly offerId: bigint }>
    | Union<'data', { readonly accountId: AccountId; readonly dataName: Uint8Array }>
    | Union<'claimableBalance', { readonly balanceId: ClaimableBalanceId }>
    | Union<'liquidityPool', { readonly liquidityPoolId: Uint8Array }>
    | Union<'contractData', { readonly contract: ScAddress }>
    | Union<'contractCode', { readonly hash: Uint8Array }>
    | Union<'configSetting' | 'ttl', unknown>
  );

import type { Asset, ChangeTrustAsset, ClaimableBalanceId, Claimant, Price } from './assets';
import type { LedgerKey, OfferEntry, Signer } from './entries';
import type { AccountId, MuxedAccount, ScAddress, ScVal, SignerKey, Span, Union } from './values';

export type * from './assets';

/** Operations and their results, as the compiled readers return them. */

interface PathPayment {
  readonly sendAsset: Asset;
  readonly destination: MuxedAccount;
  readonly destAsset: Asset;
  readonly path: readonly Asset[];
}
interface Offer {
  readonly selling: Asset;
  readonly buying: Asset;
  readonly price: Price;
}
/** The preimage of a contract id: an address and a salt, or an asset. */
export type ContractIdPreimage =
  | Union<'contractIdPreimageFromAddress', { readonly address: ScAddress }>
  | Union<'contractIdPreimageFromAsset', Asset>;
export interface InvokeContractArgs extends Span {
  readonly contractAddress: ScAddress;
  readonly functionName: Uint8Array;
  readonly args: readonly ScVal[];
}
type HostFunction =
  | Union<'hostFunctionTypeInvokeContract', InvokeContractArgs>
  | Union<'hostFunctionTypeCreateContract', { readonly contractIdPreimage: ContractIdPreimage }>
  | Union<'hostFunctionTypeUploadContractWasm', Uint8Array>
  | Union<
      'hostFunctionTypeCreateContractV2',
      { readonly contractIdPreimage: ContractIdPreimage; readonly constructorArgs: readonly ScVal[] }
    >;

/** The body of each operation type. */
export interface OperationBodies {
  readonly createAccount: { readonly destination: AccountId; readonly startingBalance: bigint };
  readonly payment: { readonly destination: MuxedAccount; readonly asset: Asset; readonly amount: bigint };
  readonly pathPaymentStrictReceive: PathPayment & { readonly sendMax: bigint; readonly destAmount: bigint };
  readonly manageSellOffer: Offer & { readonly amount: bigint; readonly offerId: bigint };
  readonly createPassiveSellOffer: Offer & { readonly amount: bigint };
  readonly setOptions: {
    readonly inflationDest: AccountId | undefined;
    readonly clearFlags: number | undefined;
    readonly setFlags: number | undefined;
    readonly masterWeight: number | undefined;
    readonly lowThreshold: number | undefined;
    readonly medThreshold: number | undefined;
    readonly highThreshold: number | undefined;
    readonly homeDomain: Uint8Array | undefined;
    readonly signer: Signer | undefined;
  };
  readonly changeTrust: { readonly line: ChangeTrustAsset; readonly limit: bigint };
  readonly allowTrust: {
    readonly trustor: AccountId;
    readonly asset: Union<'assetTypeCreditAlphanum4' | 'assetTypeCreditAlphanum12', Uint8Array>;
    readonly authorize: number;
  };
  readonly accountMerge: MuxedAccount;
  readonly inflation: undefined;
  readonly manageData: { readonly dataName: Uint8Array; readonly dataValue: Uint8Array | undefined };
  readonly bumpSequence: { readonly bumpTo: bigint };
  readonly manageBuyOffer: Offer & { readonly buyAmount: bigint; readonly offerId: bigint };
  readonly pathPaymentStrictSend: PathPayment & { readonly sendAmount: bigint; readonly destMin: bigint };
  readonly createClaimableBalance: {
    readonly asset: Asset;
    readonly amount: bigint;
    readonly claimants: readonly Claimant[];
  };
  readonly claimClaimableBalance: { readonly balanceId: ClaimableBalanceId };
  readonly beginSponsoringFutureReserves: { readonly sponsoredId: AccountId };
  readonly endSponsoringFutureReserves: undefined;
  readonly revokeSponsorship:
    | Union<'revokeSponsorshipLedgerEntry', LedgerKey>
    | Union<'revokeSponsorshipSigner', { readonly accountId: AccountId; readonly signerKey: SignerKey }>;
  readonly clawback: { readonly asset: Asset; readonly from: MuxedAccount; readonly amount: bigint };
  readonly clawbackClaimableBalance: { readonly balanceId: ClaimableBalanceId };
  readonly setTrustLineFlags: {
    readonly trustor: AccountId;
    readonly asset: Asset;
    readonly clearFlags: number;
    readonly setFlags: number;
  };
  readonly liquidityPoolDeposit: {
    readonly liquidityPoolId: Uint8Array;
    readonly maxAmountA: bigint;
    readonly maxAmountB: bigint;
    readonly minPrice: Price;
    readonly maxPrice: Price;
  };
  readonly liquidityPoolWithdraw: {
    readonly liquidityPoolId: Uint8Array;
    readonly amount: bigint;
    readonly minAmountA: bigint;
    readonly minAmountB: bigint;
  };
  readonly invokeHostFunction: { readonly hostFunction: HostFunction };
  readonly extendFootprintTtl: { readonly extendTo: number };
  readonly restoreFootprint: object;
}

export type OperationType = keyof OperationBodies;
export interface Operation {
  /** Absent when it is the transaction's source. */
  readonly sourceAccount: MuxedAccount | undefined;
  readonly body: { readonly [T in OperationType]: Union<T, OperationBodies[T]> }[OperationType];
}

/** The outcome of an operation; `opInner` means that it was applied and has a result of its own type. */
export type OperationResult =
  | Union<'opInner', OperationResultBody>
  | Union<
      | 'opBadAuth'
      | 'opNoAccount'
      | 'opNotSupported'
      | 'opTooManySubentries'
      | 'opExceededWorkLimit'
      | 'opTooManySponsoring',
      undefined
    >;
/** The result of an operation type; the value of a success is one of `Successes`, most others have none. */
type OperationResultBody = Union<OperationType, Union<string, unknown>>;

/** Results that carry a value when the operation succeeds. */
export interface Successes {
  readonly pathPaymentStrictReceive: PathPaymentSuccess;
  readonly pathPaymentStrictSend: PathPaymentSuccess;
  readonly manageSellOffer: ManageOfferSuccess;
  readonly manageBuyOffer: ManageOfferSuccess;
  readonly createPassiveSellOffer: ManageOfferSuccess;
  /** Balance of the merged account, in stroops. */
  readonly accountMerge: bigint;
  readonly inflation: readonly { readonly destination: AccountId; readonly amount: bigint }[];
}
export interface PathPaymentSuccess {
  readonly offers: readonly ClaimAtom[];
  readonly last: { readonly amount: bigint };
}
export interface ManageOfferSuccess {
  readonly offersClaimed: readonly ClaimAtom[];
  readonly offer:
    Union<'manageOfferCreated' | 'manageOfferUpdated', OfferEntry> | Union<'manageOfferDeleted', undefined>;
}

interface Claim {
  readonly assetSold: Asset;
  readonly amountSold: bigint;
  readonly assetBought: Asset;
  readonly amountBought: bigint;
}
/** A trade with an offer (V0 before protocol 18) or a liquidity pool, from the point of view of that offer or pool. */
export type ClaimAtom =
  | Union<'claimAtomTypeV0', Claim & { readonly sellerEd25519: Uint8Array; readonly offerId: bigint }>
  | Union<'claimAtomTypeOrderBook', Claim & { readonly sellerId: AccountId; readonly offerId: bigint }>
  | Union<'claimAtomTypeLiquidityPool', Claim & { readonly liquidityPoolId: Uint8Array }>;

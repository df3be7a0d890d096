/**
 * The decoded values that the rows and the proof use, as the compiled readers return them: 64-bit integers are bigint,
 * opaque data and strings are views of the input, unions are `{type, value}`. Names are those of stellar-base.
 */

import type {
  AccountEntry,
  ClaimableBalanceEntry,
  ContractCodeEntry,
  DataEntry,
  LedgerEntryExt,
  LedgerKey,
  LiquidityPoolEntry,
  OfferEntry,
  TrustLineEntry,
  TtlEntry,
} from './entries';
import type { Operation, OperationResult } from './operations';
import type { ConfigSettingEntry } from './settings';
import type { AccountId, MuxedAccount, ScAddress, ScVal, SignerKey, Span, Union } from './values';

export type { LedgerKey } from './entries';
export type * from './values';

/** One ledger as stellar-core closed it: versions 0, 1 and 2. */
export type LedgerCloseMeta = Span &
  (Union<0, LedgerCloseMetaV0> | Union<1, LedgerCloseMetaV1> | Union<2, LedgerCloseMetaV1>);

interface LedgerCloseMetaCommon {
  readonly ledgerHeader: LedgerHeaderHistoryEntry;
  readonly txProcessing: readonly TransactionResultMeta[];
  readonly upgradesProcessing: readonly { readonly changes: readonly LedgerEntryChange[] }[];
}
interface LedgerCloseMetaV0 extends LedgerCloseMetaCommon {
  readonly txSet: { readonly txes: readonly TransactionEnvelope[] };
}
/** Version 1; version 2 differs in its transaction results only, see `TransactionResultMeta`. */
export interface LedgerCloseMetaV1 extends LedgerCloseMetaCommon {
  readonly ext: Union<0, undefined> | Union<1, { readonly sorobanFeeWrite1Kb: bigint }>;
  readonly txSet: GeneralizedTransactionSet;
  readonly totalByteSizeOfLiveSorobanState: bigint;
  readonly evictedKeys: readonly LedgerKey[];
}
interface LedgerHeaderHistoryEntry extends Span {
  readonly hash: Uint8Array;
  readonly header: LedgerHeader;
}
/** Signature of the validator that proposed a value. */
export interface ValueSignature {
  readonly nodeId: AccountId;
  readonly signature: Uint8Array;
}
export interface LedgerHeader extends Span {
  readonly ledgerVersion: number;
  readonly previousLedgerHash: Uint8Array;
  readonly scpValue: {
    readonly txSetHash: Uint8Array;
    readonly closeTime: bigint;
    readonly ext:
      | Union<'stellarValueBasic', undefined>
      | Union<'stellarValueSigned', ValueSignature>
      | Union<'stellarValueEmptyTxSet', { readonly lcValueSignature: ValueSignature }>;
  };
  readonly txSetResultHash: Uint8Array;
  readonly ledgerSeq: number;
  readonly totalCoins: bigint;
  readonly feePool: bigint;
  readonly baseFee: number;
  readonly baseReserve: number;
  readonly maxTxSetSize: number;
}

type GeneralizedTransactionSet = Span & Union<1, { readonly phases: readonly TransactionPhase[] }>;
type TransactionPhase =
  | Union<
      0,
      readonly Union<'txsetCompTxsMaybeDiscountedFee', { readonly txes: readonly TransactionEnvelope[] }>[]
    >
  | Union<1, { readonly executionStages: readonly (readonly (readonly TransactionEnvelope[])[])[] }>;

export type TransactionEnvelope = Span &
  (
    | Union<'envelopeTypeTxV0', { readonly tx: TransactionV0; readonly signatures: readonly Signature[] }>
    | Union<'envelopeTypeTx', TransactionV1Envelope>
    | Union<
        'envelopeTypeTxFeeBump',
        { readonly tx: FeeBumpTransaction; readonly signatures: readonly Signature[] }
      >
  );
interface TransactionV1Envelope {
  readonly tx: Transaction;
  readonly signatures: readonly Signature[];
}
interface Signature {
  readonly signature: Uint8Array;
}
export interface TransactionV0 extends Span {
  readonly sourceAccountEd25519: Uint8Array;
  readonly fee: number;
  readonly seqNum: bigint;
  readonly timeBounds: TimeBounds | undefined;
  readonly memo: Memo;
  readonly operations: readonly Operation[];
}
export interface Transaction extends Span {
  readonly sourceAccount: MuxedAccount;
  readonly fee: number;
  readonly seqNum: bigint;
  readonly cond:
    Union<'precondNone', undefined> | Union<'precondTime', TimeBounds> | Union<'precondV2', PreconditionsV2>;
  readonly memo: Memo;
  readonly operations: readonly Operation[];
  readonly ext: Union<0, undefined> | Union<1, SorobanTransactionData>;
}
interface FeeBumpTransaction extends Span {
  readonly feeSource: MuxedAccount;
  readonly fee: bigint;
  readonly innerTx: Union<'envelopeTypeTx', TransactionV1Envelope>;
}
export type Memo =
  | Union<'memoNone', undefined>
  | Union<'memoText' | 'memoHash' | 'memoReturn', Uint8Array>
  | Union<'memoId', bigint>;
export interface TimeBounds {
  readonly minTime: bigint;
  readonly maxTime: bigint;
}
export interface PreconditionsV2 {
  readonly timeBounds: TimeBounds | undefined;
  readonly ledgerBounds: { readonly minLedger: number; readonly maxLedger: number } | undefined;
  readonly minSeqNum: bigint | undefined;
  readonly minSeqAge: bigint;
  readonly minSeqLedgerGap: number;
  readonly extraSigners: readonly SignerKey[];
}
export interface SorobanTransactionData {
  readonly ext: Union<0, undefined> | Union<1, { readonly archivedSorobanEntries: readonly number[] }>;
  readonly resources: {
    readonly footprint: { readonly readOnly: readonly LedgerKey[]; readonly readWrite: readonly LedgerKey[] };
    readonly instructions: number;
    readonly diskReadBytes: number;
    readonly writeBytes: number;
  };
  readonly resourceFee: bigint;
}

/** Result, fee changes and meta of a transaction, in apply order. Post-apply fee changes only in LedgerCloseMeta V2. */
export interface TransactionResultMeta {
  readonly result: TransactionResultPair;
  readonly feeProcessing: readonly LedgerEntryChange[];
  readonly feeProcessingStart: number;
  readonly feeProcessingEnd: number;
  readonly txApplyProcessing: TransactionMeta;
  readonly postTxApplyFeeProcessing?: readonly LedgerEntryChange[];
}
interface TransactionResultPair extends Span {
  readonly transactionHash: Uint8Array;
  readonly result: TransactionResult;
}
export interface TransactionResult extends Span {
  readonly feeCharged: bigint;
  readonly result:
    | Union<'txSuccess' | 'txFailed', readonly OperationResult[]>
    | Union<'txFeeBumpInnerSuccess' | 'txFeeBumpInnerFailed', InnerTransactionResultPair>
    | Union<VoidResultCode, undefined>;
}
interface InnerTransactionResultPair {
  readonly transactionHash: Uint8Array;
  readonly result: {
    readonly result:
      Union<'txSuccess' | 'txFailed', readonly OperationResult[]> | Union<VoidResultCode, undefined>;
  };
}
/** Result codes without further content; the others are named in `TransactionResult`. */
type VoidResultCode =
  | 'txTooEarly'
  | 'txTooLate'
  | 'txMissingOperation'
  | 'txBadSeq'
  | 'txBadAuth'
  | 'txInsufficientBalance'
  | 'txNoAccount'
  | 'txInsufficientFee'
  | 'txBadAuthExtra'
  | 'txInternalError'
  | 'txNotSupported'
  | 'txBadSponsorship'
  | 'txBadMinSeqAgeOrGap'
  | 'txMalformed'
  | 'txSorobanInvalid'
  | 'txFrozenKeyAccessed';

export type TransactionMeta = Span &
  (
    | Union<0, readonly OperationMeta[]>
    | Union<
        1,
        { readonly txChanges: readonly LedgerEntryChange[]; readonly operations: readonly OperationMeta[] }
      >
    | Union<2, TransactionMetaV2>
    | Union<3, TransactionMetaV2 & { readonly sorobanMeta: SorobanMetaV3 | undefined }>
    | Union<4, TransactionMetaV4>
  );
interface TransactionMetaV2 {
  readonly txChangesBefore: readonly LedgerEntryChange[];
  readonly operations: readonly OperationMeta[];
  readonly txChangesAfter: readonly LedgerEntryChange[];
}
interface TransactionMetaV4 extends TransactionMetaV2 {
  readonly operations: readonly (OperationMeta & { readonly events: readonly ContractEvent[] })[];
  readonly sorobanMeta: { readonly ext: SorobanMetaExt } | undefined;
  readonly events: readonly { readonly event: ContractEvent }[];
  readonly diagnosticEvents: readonly DiagnosticEvent[];
}
interface OperationMeta {
  readonly changes: readonly LedgerEntryChange[];
}
interface SorobanMetaV3 {
  readonly ext: SorobanMetaExt;
  readonly events: readonly ContractEvent[];
  readonly diagnosticEvents: readonly DiagnosticEvent[];
}
export type SorobanMetaExt =
  | Union<0, undefined>
  | Union<
      1,
      {
        readonly totalNonRefundableResourceFeeCharged: bigint;
        readonly totalRefundableResourceFeeCharged: bigint;
        readonly rentFeeCharged: bigint;
      }
    >;
export interface DiagnosticEvent extends Span {
  readonly inSuccessfulContractCall: boolean;
  readonly event: ContractEvent;
}
export interface ContractEvent extends Span {
  readonly contractId: Uint8Array | undefined;
  readonly type: 'system' | 'contract' | 'diagnostic';
  readonly body: Union<0, { readonly topics: readonly ScVal[]; readonly data: ScVal }>;
}

export type LedgerEntryChange =
  | Union<
      'ledgerEntryCreated' | 'ledgerEntryUpdated' | 'ledgerEntryState' | 'ledgerEntryRestored',
      LedgerEntry
    >
  | Union<'ledgerEntryRemoved', LedgerKey>;
export interface LedgerEntry {
  readonly lastModifiedLedgerSeq: number;
  readonly data: LedgerEntryData;
  readonly ext: LedgerEntryExt;
}
export type LedgerEntryData = Span &
  (
    | Union<'account', AccountEntry>
    | Union<'trustline', TrustLineEntry>
    | Union<'offer', OfferEntry>
    | Union<'data', DataEntry>
    | Union<'claimableBalance', ClaimableBalanceEntry>
    | Union<'liquidityPool', LiquidityPoolEntry>
    | Union<'contractData', ContractDataEntry>
    | Union<'ttl', TtlEntry>
    | Union<'contractCode', ContractCodeEntry>
    | Union<'configSetting', ConfigSettingEntry>
  );
export interface ContractDataEntry extends Span {
  readonly contract: ScAddress;
  readonly key: ScVal;
  readonly durability: 'temporary' | 'persistent';
  readonly val: ScVal;
}

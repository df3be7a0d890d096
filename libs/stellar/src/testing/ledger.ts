import { createHash } from 'node:crypto';
import { xdr } from '@stellar/stellar-base';
import { type DecodedLedger, readLedger } from '../xdr/reader';
import { networkId } from '../network';

/** Passphrase of the built ledgers. */
export const NETWORK = 'Test SDF Network ; September 2015';

/** What a built transaction is made of; all parts have a default. */
interface BuiltTransaction {
  readonly source?: xdr.MuxedAccount;
  readonly fee?: number;
  readonly memo?: xdr.Memo;
  readonly cond?: xdr.Preconditions;
  readonly soroban?: xdr.SorobanTransactionData;
  /** Wraps the transaction in a fee bump paid by this account. */
  readonly feeBump?: { readonly source: xdr.MuxedAccount; readonly fee: string };
  readonly operations?: xdr.Operation[];
  readonly results?: xdr.OperationResult[];
  readonly failed?: boolean;
  readonly meta?: xdr.TransactionMeta;
  readonly feeChanges?: xdr.LedgerEntryChange[];
  readonly postFeeChanges?: xdr.LedgerEntryChange[];
}

/** What a built ledger is made of. */
export interface BuiltLedger {
  readonly version?: 0 | 1 | 2;
  readonly sequence?: number;
  readonly protocol?: number;
  readonly closeTime?: string;
  readonly previousHash?: Buffer;
  readonly transactions?: readonly BuiltTransaction[];
  readonly evictedKeys?: xdr.LedgerKey[];
}

/** An account with 32 equal bytes as its key. */
export function account(byte: number): xdr.MuxedAccount {
  return xdr.MuxedAccount.keyTypeEd25519(Buffer.alloc(32, byte));
}

/** LedgerCloseMeta XDR with the hashes that its proof needs; made with stellar-base, not with our own code. */
export function buildLedger(options: BuiltLedger = {}): Buffer {
  const version = options.version ?? 2;
  const built = (options.transactions ?? []).map(buildTransaction);
  const envelopes = built.map(({ envelope }) => envelope);
  const pairs = built.map(({ pair }) => pair);
  const previous = options.previousHash ?? Buffer.alloc(32, 7);
  const generalized = xdr.GeneralizedTransactionSet.fromXDR(
    new (
      xdr.GeneralizedTransactionSet as unknown as new (
        v: number,
        set: unknown,
      ) => xdr.GeneralizedTransactionSet
    )(1, new xdr.TransactionSetV1({ previousLedgerHash: previous, phases: [phase(envelopes)] })).toXDR(),
  );
  const header = new xdr.LedgerHeader({
    ledgerVersion: options.protocol ?? 23,
    previousLedgerHash: previous,
    scpValue: new xdr.StellarValue({
      txSetHash: sha256(generalized.toXDR()),
      closeTime: new xdr.Uint64(options.closeTime ?? '1700000000'),
      upgrades: [],
      ext: xdr.StellarValueExt.stellarValueBasic(),
    }),
    txSetResultHash: sha256(Buffer.concat([uint32(pairs.length), ...pairs.map((pair) => pair.toXDR())])),
    bucketListHash: Buffer.alloc(32),
    ledgerSeq: options.sequence ?? 1000,
    totalCoins: new xdr.Int64('1054439020873472865'),
    feePool: new xdr.Int64('9'),
    inflationSeq: 0,
    idPool: new xdr.Uint64('0'),
    baseFee: 100,
    baseReserve: 5000000,
    maxTxSetSize: 1000,
    skipList: [1, 2, 3, 4].map((byte) => Buffer.alloc(32, byte)),
    ext: union(xdr.LedgerHeaderExt, 0),
  });
  const entry = new xdr.LedgerHeaderHistoryEntry({
    hash: sha256(header.toXDR()),
    header,
    ext: union(xdr.LedgerHeaderHistoryEntryExt, 0),
  });
  const common = { ledgerHeader: entry, upgradesProcessing: [], scpInfo: [] };
  if (version === 0) {
    const txSet = new xdr.TransactionSet({ previousLedgerHash: previous, txes: envelopes });
    return lcm(0, new xdr.LedgerCloseMetaV0({ ...common, txSet, txProcessing: built.map(({ v0 }) => v0) }));
  }
  const soroban = {
    ...common,
    ext: union(xdr.LedgerCloseMetaExt, 0),
    txSet: generalized,
    totalByteSizeOfLiveSorobanState: new xdr.Uint64('18446744073709551615'),
    evictedKeys: options.evictedKeys ?? [],
  };
  return version === 1
    ? lcm(1, new xdr.LedgerCloseMetaV1({ ...soroban, txProcessing: built.map(({ v0 }) => v0), unused: [] }))
    : lcm(2, new xdr.LedgerCloseMetaV2({ ...soroban, txProcessing: built.map(({ v1 }) => v1) }));
}

/** A built ledger, read back. */
export function decodedLedger(options: BuiltLedger = {}): DecodedLedger {
  return readLedger(buildLedger(options), 0, 'test');
}

/** A union value with a numbered arm; stellar-base's declarations leave its constructors out. */
export function union<T>(type: new (...args: never[]) => T, arm: number, value?: unknown): T {
  return new (type as unknown as new (arm: number, value?: unknown) => T)(arm, value);
}

/** TransactionMeta V4 with these changes in its only operation. */
export function metaV4(
  changes: xdr.LedgerEntryChange[] = [],
  events: { operation?: xdr.ContractEvent[]; diagnostic?: xdr.DiagnosticEvent[] } = {},
): xdr.TransactionMeta {
  return metaOf([changes], events);
}

/** TransactionMeta V4 with the changes of each operation; `events.operation` are those of the first one. */
export function metaOf(
  changes: xdr.LedgerEntryChange[][],
  events: { operation?: xdr.ContractEvent[]; diagnostic?: xdr.DiagnosticEvent[] } = {},
): xdr.TransactionMeta {
  const ext = union(xdr.ExtensionPoint, 0);
  return union(
    xdr.TransactionMeta,
    4,
    new xdr.TransactionMetaV4({
      ext,
      txChangesBefore: [],
      operations: changes.map(
        (each, index) =>
          new xdr.OperationMetaV2({
            ext,
            changes: each,
            events: index === 0 ? (events.operation ?? []) : [],
          }),
      ),
      txChangesAfter: [],
      sorobanMeta: null,
      events: [],
      diagnosticEvents: events.diagnostic ?? [],
    }),
  );
}

function buildTransaction(
  options: BuiltTransaction,
  index: number,
): {
  envelope: xdr.TransactionEnvelope;
  pair: xdr.TransactionResultPair;
  v0: xdr.TransactionResultMeta;
  v1: xdr.TransactionResultMetaV1;
} {
  const tx = new xdr.Transaction({
    sourceAccount: options.source ?? account(1),
    fee: options.fee ?? 100,
    seqNum: new xdr.Int64(String(index + 1)),
    cond: options.cond ?? xdr.Preconditions.precondNone(),
    memo: options.memo ?? xdr.Memo.memoNone(),
    operations: options.operations ?? [],
    ext:
      options.soroban === undefined
        ? union(xdr.TransactionExt, 0)
        : union(xdr.TransactionExt, 1, options.soroban),
  });
  const inner = new xdr.TransactionV1Envelope({ tx, signatures: [] });
  const envelope =
    options.feeBump === undefined
      ? xdr.TransactionEnvelope.envelopeTypeTx(inner)
      : xdr.TransactionEnvelope.envelopeTypeTxFeeBump(
          new xdr.FeeBumpTransactionEnvelope({
            tx: new xdr.FeeBumpTransaction({
              feeSource: options.feeBump.source,
              fee: new xdr.Int64(options.feeBump.fee),
              innerTx: xdr.FeeBumpTransactionInnerTx.envelopeTypeTx(inner),
              ext: union(xdr.FeeBumpTransactionExt, 0),
            }),
            signatures: [],
          }),
        );
  const body = envelope.value().tx().toXDR();
  const type = options.feeBump === undefined ? 2 : 5;
  const pair = new xdr.TransactionResultPair({
    transactionHash: sha256(Buffer.concat([networkId(NETWORK), uint32(type), body])),
    result: new xdr.TransactionResult({
      feeCharged: new xdr.Int64('100'),
      result:
        options.failed === true
          ? xdr.TransactionResultResult.txFailed(options.results ?? [])
          : xdr.TransactionResultResult.txSuccess(options.results ?? []),
      ext: union(xdr.TransactionResultExt, 0),
    }),
  });
  const common = {
    result: pair,
    feeProcessing: options.feeChanges ?? [],
    txApplyProcessing: options.meta ?? metaV4(),
  };
  const v1 = new xdr.TransactionResultMetaV1({
    ...common,
    ext: union(xdr.ExtensionPoint, 0),
    postTxApplyFeeProcessing: options.postFeeChanges ?? [],
  });
  return { envelope, pair, v0: new xdr.TransactionResultMeta(common), v1 };
}

function phase(txes: xdr.TransactionEnvelope[]): xdr.TransactionPhase {
  const component = new xdr.TxSetComponentTxsMaybeDiscountedFee({ baseFee: null, txes });
  return union(xdr.TransactionPhase, 0, [xdr.TxSetComponent.txsetCompTxsMaybeDiscountedFee(component)]);
}

function lcm(version: number, value: unknown): Buffer {
  return union(xdr.LedgerCloseMeta, version, value).toXDR();
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

import { Memo, xdr } from '@stellar/stellar-base';
import type { Account } from './account';
import type { Action } from './action';
import { int64, sha256, uint64 } from './values';
import type { World } from './world';

/** Lowest fee for an operation, in stroops. */
export const BASE_FEE = 100n;

/** A signed transaction that is ready to be applied. */
export interface Planned {
  readonly source: Account;
  /** Who pays: another account for a fee bump. */
  readonly feeSource: Account;
  readonly sequence: bigint;
  readonly actions: readonly Action[];
  readonly envelope: xdr.TransactionEnvelope;
  readonly hash: Buffer;
  /** Hash of the transaction inside a fee bump. */
  readonly innerHash?: Buffer;
  /** Charged before anything is applied, in stroops. */
  readonly fee: bigint;
  /** The part of the fee for contract resources; the unused part is refunded. */
  readonly resourceFee: bigint;
}

/** What to sign. */
export interface Draft {
  readonly source: Account;
  readonly memo: Memo;
  readonly actions: readonly Action[];
  /** Pays with a fee bump. */
  readonly sponsor?: Account;
  /** Last close time at which it is valid, Unix seconds. */
  readonly validUntil?: bigint;
}

/** Builds and signs a transaction. */
export function sign(world: World, draft: Draft): Planned {
  const { source, actions } = draft;
  const footprint = actions[0]?.footprint;
  const resourceFee = footprint === undefined ? 0n : world.random.between(40_000n, 400_000n);
  const charged = BASE_FEE * BigInt(actions.length) + resourceFee;
  const sequence = source.sequence + 1n;
  const transaction = new xdr.Transaction({
    sourceAccount: source.muxed(),
    fee: Number(footprint === undefined ? charged * world.random.between(1n, 50n) : charged),
    seqNum: int64(sequence) as xdr.SequenceNumber,
    cond: preconditions(draft.validUntil),
    memo: draft.memo.toXDRObject(),
    operations: actions.map((action) => action.operation),
    ext:
      footprint === undefined
        ? new xdr.TransactionExt(0)
        : new xdr.TransactionExt(1, resources(world, footprint, resourceFee)),
  });
  const tagged = xdr.TransactionSignaturePayloadTaggedTransaction;
  const innerHash = signingHash(world, tagged.envelopeTypeTx(transaction));
  const signed = new xdr.TransactionV1Envelope({
    tx: transaction,
    signatures: [source.keys.signDecorated(innerHash)],
  });
  const common = { source, sequence, actions, resourceFee };
  const { sponsor } = draft;
  if (sponsor === undefined)
    return {
      ...{ ...common, feeSource: source, hash: innerHash, fee: charged },
      envelope: xdr.TransactionEnvelope.envelopeTypeTx(signed),
    };
  const fee = charged + BASE_FEE;
  const bump = new xdr.FeeBumpTransaction({
    feeSource: sponsor.muxed(),
    fee: int64(fee * 40n),
    innerTx: xdr.FeeBumpTransactionInnerTx.envelopeTypeTx(signed),
    ext: new xdr.FeeBumpTransactionExt(0),
  });
  const hash = signingHash(world, tagged.envelopeTypeTxFeeBump(bump));
  return {
    ...{ ...common, feeSource: sponsor, hash, innerHash, fee },
    envelope: xdr.TransactionEnvelope.envelopeTypeTxFeeBump(
      new xdr.FeeBumpTransactionEnvelope({ tx: bump, signatures: [sponsor.keys.signDecorated(hash)] }),
    ),
  };
}

/** A memo of any type; most transactions have none. */
export function randomMemo(world: World): Memo {
  const kind = world.random.below(20);
  if (kind < 4) return Memo.text(`invoice ${world.random.below(100_000)} ✓`);
  if (kind < 7) return Memo.id(world.random.between(2n ** 53n, 2n ** 64n - 1n).toString());
  if (kind < 8) return Memo.hash(world.random.bytes(32));
  return Memo.none();
}

function signingHash(
  world: World,
  taggedTransaction: xdr.TransactionSignaturePayloadTaggedTransaction,
): Buffer {
  const { networkId } = world;
  return sha256(new xdr.TransactionSignaturePayload({ networkId, taggedTransaction }).toXDR());
}

function preconditions(validUntil: bigint | undefined): xdr.Preconditions {
  if (validUntil === undefined) return xdr.Preconditions.precondNone();
  return xdr.Preconditions.precondTime(
    new xdr.TimeBounds({ minTime: uint64(0n), maxTime: uint64(validUntil) }),
  );
}

function resources(
  world: World,
  footprint: xdr.LedgerFootprint,
  resourceFee: bigint,
): xdr.SorobanTransactionData {
  return new xdr.SorobanTransactionData({
    ext: new xdr.SorobanTransactionDataExt(0),
    resources: new xdr.SorobanResources({
      footprint,
      instructions: 400_000 + world.random.below(3_000_000),
      diskReadBytes: world.random.below(4_000),
      writeBytes: 200 + world.random.below(2_000),
    }),
    resourceFee: int64(resourceFee),
  });
}

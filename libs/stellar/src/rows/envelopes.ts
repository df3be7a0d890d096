import { joined, sha256 } from '../bytes';
import type { LedgerCloseMeta, TransactionEnvelope } from '../xdr/types';

/** All envelopes of a ledger's transaction set, in set order (not in apply order). */
export function envelopesOf(meta: LedgerCloseMeta): readonly TransactionEnvelope[] {
  if (meta.type === 0) return meta.value.txSet.txes;
  return meta.value.txSet.value.phases.flatMap((phase) =>
    phase.type === 0 ? phase.value.flatMap(({ value }) => value.txes) : phase.value.executionStages.flat(2),
  );
}

const TYPE_TX = Buffer.from([0, 0, 0, 2]);
const TYPE_FEE_BUMP = Buffer.from([0, 0, 0, 5]);
const KEY_TYPE_ED25519 = Buffer.alloc(4);
const NOTHING = Buffer.alloc(0);

/**
 * Transaction hash (hex): sha256 of network id, envelope type and transaction. A version 0 transaction is hashed as the
 * equivalent version 1 transaction, which has the same bytes after the source's key type.
 */
export function envelopeHash(bytes: Buffer, envelope: TransactionEnvelope, network: Uint8Array): string {
  const { xdrStart, xdrEnd } = envelope.value.tx;
  const type = envelope.type === 'envelopeTypeTxFeeBump' ? TYPE_FEE_BUMP : TYPE_TX;
  const keyType = envelope.type === 'envelopeTypeTxV0' ? KEY_TYPE_ED25519 : NOTHING;
  return sha256(joined(network, type, keyType, bytes.subarray(xdrStart, xdrEnd)));
}

/** Operations of the (inner) transaction. */
export function operationCount(envelope: TransactionEnvelope): number {
  const { tx } = envelope.value;
  return 'innerTx' in tx ? tx.innerTx.value.tx.operations.length : tx.operations.length;
}

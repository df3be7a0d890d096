import { createHash } from 'node:crypto';
import { hex } from './bytes';
import type { DecodedLedger } from './xdr/reader';
import { envelopeHash, envelopesOf } from './rows/envelopes';

/** Passphrases of the public networks; used to recognise the network of a lake without a manifest. */
export const KNOWN_NETWORKS: readonly string[] = [
  'Public Global Stellar Network ; September 2015',
  'Test SDF Network ; September 2015',
  'Test SDF Future Network ; October 2022',
];

/** The network id: sha256 of the passphrase. */
export function networkId(passphrase: string): Buffer {
  return createHash('sha256').update(passphrase).digest();
}

/**
 * The passphrase among `candidates` that produces the transaction hashes in the ledger's results; undefined when none
 * does or the ledger has no transactions.
 */
export function detectNetwork(
  ledger: DecodedLedger,
  candidates: readonly string[] = KNOWN_NETWORKS,
): string | undefined {
  const [envelope] = envelopesOf(ledger.meta);
  if (envelope === undefined) return undefined;
  const hashes = new Set(ledger.meta.value.txProcessing.map(({ result }) => hex(result.transactionHash)));
  return candidates.find((passphrase) =>
    hashes.has(envelopeHash(ledger.bytes, envelope, networkId(passphrase))),
  );
}

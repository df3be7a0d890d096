import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { ParquetryError } from '@parquetry/core';

/** A signed payload in the form of DSSE (Dead Simple Signing Envelope). */
export interface Envelope {
  readonly payloadType: string;
  /** Base64. */
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

/** Type of in-toto statements. */
const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** Signs a payload. `key`: a private key, Ed25519 or ECDSA P-256. @throws ParquetryError CONFIG_INVALID for other keys */
export function seal(payload: Buffer, key: KeyObject): Envelope {
  const digest = digestOf(key);
  const sig = sign(digest, encoded(PAYLOAD_TYPE, payload), key).toString('base64');
  return {
    payloadType: PAYLOAD_TYPE,
    payload: payload.toString('base64'),
    signatures: [{ keyid: keyId(createPublicKey(key)), sig }],
  };
}

/**
 * The payload of an envelope that was signed with the private part of `key`.
 * @throws ParquetryError ATTESTATION_INVALID
 */
export function unseal({ payloadType, payload, signatures }: Envelope, key: KeyObject): Buffer {
  if (payloadType !== PAYLOAD_TYPE || !isSigned(signatures))
    throw new ParquetryError('ATTESTATION_INVALID', 'The attestation is not a DSSE envelope of a statement.');
  const bytes = Buffer.from(payload, 'base64');
  const digest = digestOf(key);
  const text = encoded(payloadType, bytes);
  if (signatures.some(({ sig }) => verify(digest, text, key, Buffer.from(sig, 'base64')))) return bytes;
  throw new ParquetryError(
    'ATTESTATION_INVALID',
    `No signature of the attestation is by the key ${keyId(key).slice(0, 16)}.`,
    { details: { signatures: signatures.length }, hint: 'Give the public key of the signer.' },
  );
}

/** Whether signatures from outside have their form. */
function isSigned(signatures: unknown): boolean {
  return (
    Array.isArray(signatures) &&
    (signatures as ({ readonly sig?: unknown } | null)[]).every((each) => typeof each?.sig === 'string')
  );
}

/** DSSE's pre-authentication encoding: what is signed. */
function encoded(type: string, payload: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `),
    payload,
  ]);
}

/** The sha256 of the public key in DER; identifies a key. */
function keyId(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/** Digest of a key's signatures; Ed25519 has its own. */
function digestOf(key: KeyObject): 'sha256' | null {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'ed25519') return null;
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return 'sha256';
  throw new ParquetryError('CONFIG_INVALID', `The key has the type ${details?.namedCurve ?? type}.`, {
    hint: 'Use an Ed25519 key (`openssl genpkey -algorithm ed25519`) or an ECDSA key on the curve P-256.',
  });
}

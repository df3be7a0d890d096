import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type ArchiveStatement, type Envelope, parseStatement, unseal } from '@parquetry/audit';
import { ParquetryError } from '@parquetry/core';

/** The environment variable of the private key, as PEM text. */
const KEY_VARIABLE = 'PARQUETRY_SIGNING_KEY';

/** The private key of a PEM file, else of the environment. @throws ParquetryError CONFIG_INVALID */
export function signingKey(file: string | undefined): KeyObject {
  const pem = file === undefined ? (process.env[KEY_VARIABLE] ?? '') : readText(file);
  if (pem === '')
    throw new ParquetryError('USAGE', `A signature needs --key FILE or ${KEY_VARIABLE}.`, {
      hint: 'Make a key with `openssl genpkey -algorithm ed25519 -out private.pem`.',
    });
  return parsed(file ?? KEY_VARIABLE, () => createPrivateKey(pem));
}

/**
 * The statement of an attestation, whose signature is by the private part of the key.
 * @throws ParquetryError CONFIG_INVALID, ATTESTATION_INVALID
 */
export function openAttestation(file: string, keyFile: string): ArchiveStatement {
  const key = parsed(keyFile, () => createPublicKey(readText(keyFile)));
  return parseStatement(unseal(readEnvelope(file), key));
}

/** The statement of an attestation without a check of its signature. @throws ParquetryError ATTESTATION_INVALID */
export function readAttestation(file: string): ArchiveStatement {
  return parseStatement(Buffer.from(readEnvelope(file).payload, 'base64'));
}

function readEnvelope(file: string): Envelope {
  const text = readText(file);
  try {
    const envelope = JSON.parse(text) as Partial<Envelope> | null;
    if (typeof envelope?.payload === 'string') return envelope as Envelope;
  } catch {
    // The error below says it.
  }
  throw new ParquetryError('ATTESTATION_INVALID', `${file} is not a DSSE envelope.`);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ParquetryError('CONFIG_INVALID', `${file} can't be read.`, { cause });
  }
}

/** @throws ParquetryError CONFIG_INVALID without the text of the key */
function parsed(name: string, make: () => KeyObject): KeyObject {
  try {
    return make();
  } catch (error) {
    if (error instanceof ParquetryError) throw error;
    throw new ParquetryError(
      'CONFIG_INVALID',
      `${name} is not a key in the PEM format without a passphrase.`,
    );
  }
}

import { X509Certificate, createPrivateKey } from 'node:crypto';
import { ParquetryError } from '@parquetry/core';
import type { ConnectionOptions } from '@temporalio/client';

/**
 * Checks the certificates of the settings before they are used: the gRPC library would only retry until its time is
 * over.
 * @throws ParquetryError CONFIG_INVALID for one that is not PEM or has expired, and for a key of another certificate
 */
export function checkCertificates(tls: ConnectionOptions['tls'], now = Date.now()): void {
  if (typeof tls !== 'object' || tls === null) return;
  const { serverRootCACertificate: ca, clientCertPair: pair } = tls;
  if (ca !== undefined) certificate(ca, 'TEMPORAL_TLS_SERVER_CA_CERT_PATH');
  if (pair === undefined) return;
  const own = certificate(pair.crt, 'TEMPORAL_TLS_CLIENT_CERT_PATH');
  const [from, to] = [Date.parse(own.validFrom), Date.parse(own.validTo)];
  if (now > to || now < from)
    throw new ParquetryError(
      'CONFIG_INVALID',
      `The client certificate for Temporal ${now > to ? `expired on ${day(to)}` : `is not valid before ${day(from)}`}.`,
      { hint: 'Set TEMPORAL_TLS_CLIENT_CERT_PATH to a current one, or set the clock of this machine.' },
    );
  if (belongs(own, pair.key)) return;
  throw new ParquetryError(
    'CONFIG_INVALID',
    'The client key for Temporal does not belong to its certificate.',
    {
      hint: 'Set TEMPORAL_TLS_CLIENT_KEY_PATH to the unencrypted PEM key of TEMPORAL_TLS_CLIENT_CERT_PATH.',
    },
  );
}

function certificate(pem: Uint8Array, variable: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new ParquetryError('CONFIG_INVALID', `The file of ${variable} is not a PEM certificate.`, {
      hint: 'A certificate begins with -----BEGIN CERTIFICATE-----.',
    });
  }
}

function belongs(own: X509Certificate, key: Uint8Array): boolean {
  try {
    return own.checkPrivateKey(createPrivateKey(Buffer.from(key)));
  } catch {
    return false;
  }
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

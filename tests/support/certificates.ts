import { type KeyObject, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** A certificate with its key, both PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** What a test certificate says. */
interface Options {
  readonly name: string;
  /** Absent: the certificate of an authority. */
  readonly issuer?: Certificate & Pick<Options, 'name'>;
  /** Days from now; default: a year. */
  readonly validTo?: number;
}

/** A value in DER: its tag, its length, its parts. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const size = body.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}
const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const bits = (bytes: Uint8Array): Buffer => der(0x03, Buffer.from([0]), bytes);
const octets = (bytes: Uint8Array): Buffer => der(0x04, bytes);

/** Object identifiers, encoded. */
const OID = {
  commonName: '550403',
  basicConstraints: '551d13',
  alternativeName: '551d11',
  ecdsaSha256: '2a8648ce3d040302',
};
const oid = (name: keyof typeof OID): Buffer => der(0x06, Buffer.from(OID[name], 'hex'));

const nameOf = (text: string): Buffer =>
  sequence(der(0x31, sequence(oid('commonName'), der(0x0c, Buffer.from(text)))));

const DAY_MS = 86_400_000;
const time = (days: number): Buffer =>
  der(
    0x18,
    Buffer.from(`${new Date(Date.now() + days * DAY_MS).toISOString().replaceAll(/[-:T]|\..*/g, '')}Z`),
  );

/** Makes a certificate (X.509 v3, P-256) for `name` and 127.0.0.1; without an issuer, of an authority. */
export function makeCertificate({
  name,
  issuer,
  validTo = 365,
}: Options): Certificate & { readonly name: string } {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const extension = (id: keyof typeof OID, value: Buffer): Buffer => sequence(oid(id), octets(value));
  const extensions =
    issuer === undefined
      ? [extension('basicConstraints', sequence(der(0x01, Buffer.from([255]))))]
      : [
          extension(
            'alternativeName',
            sequence(der(0x82, Buffer.from(name)), der(0x87, Buffer.from([127, 0, 0, 1]))),
          ),
        ];
  const algorithm = sequence(oid('ecdsaSha256'));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1]), randomBytes(8)),
    algorithm,
    nameOf(issuer?.name ?? name),
    sequence(time(-30), time(validTo)),
    nameOf(name),
    pair.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const signer: KeyObject | string = issuer?.key ?? pair.privateKey;
  const certificate = sequence(body, algorithm, bits(sign('sha256', body, signer)));
  const lines = certificate.toString('base64').replaceAll(/.{64}/g, '$&\n');
  return {
    name,
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

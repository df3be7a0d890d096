/** Version bytes of the strkey encoding (SEP-23); the first letter of the text follows from them. */
export const STRKEY = {
  account: 6 << 3,
  muxed: 12 << 3,
  preAuthTx: 19 << 3,
  hashX: 23 << 3,
  signedPayload: 15 << 3,
  contract: 2 << 3,
  liquidityPool: 11 << 3,
  claimableBalance: 1 << 3,
} as const;

const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 'latin1');
const CRC = crcTable();

/** Encodes a payload of any length as strkey: base32 (no padding) of version, payload and CRC-16. */
export function strkey(version: number, payload: Uint8Array): string {
  const length = payload.length + 3;
  const raw = length <= RAW.length ? RAW : Buffer.alloc(length);
  raw[0] = version;
  raw.set(payload, 1);
  const crc = crc16(raw, length - 2);
  raw[length - 2] = crc & 0xff;
  raw[length - 1] = crc >> 8;
  return base32(raw, length);
}

/** `G…` of an ed25519 public key. */
export function accountStrkey(key: Uint8Array): string {
  return strkey(STRKEY.account, key);
}

/** `C…` of a contract id. */
export function contractStrkey(id: Uint8Array): string {
  return strkey(STRKEY.contract, id);
}

/** `M…` of a multiplexed account. */
export function muxedStrkey(account: { readonly id: bigint; readonly ed25519: Uint8Array }): string {
  const payload = Buffer.alloc(40);
  payload.set(account.ed25519, 0);
  payload.writeBigUInt64BE(account.id, 32);
  return strkey(STRKEY.muxed, payload);
}

/** `B…` of a version 0 claimable balance id. */
export function claimableBalanceStrkey(id: Uint8Array): string {
  return strkey(STRKEY.claimableBalance, Buffer.concat([Buffer.of(0), id]));
}

/** `P…` of a signed payload signer: key, then the payload with its length and padding. */
export function signedPayloadStrkey(signer: {
  readonly ed25519: Uint8Array;
  readonly payload: Uint8Array;
}): string {
  const bytes = Buffer.alloc(36 + ((signer.payload.length + 3) & ~3));
  bytes.set(signer.ed25519, 0);
  bytes.writeUInt32BE(signer.payload.length, 32);
  bytes.set(signer.payload, 36);
  return strkey(STRKEY.signedPayload, bytes);
}

/** The key of a `G…` strkey; undefined for any other text. */
export function accountKeyOf(text: string): Buffer | undefined {
  if (text.length !== 56) return undefined;
  const raw = Buffer.alloc(35);
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const character of text) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) return undefined;
    held = ((held << 5) | value) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    raw[at++] = (held >> bits) & 0xff;
  }
  const key = raw.subarray(1, 33);
  return accountStrkey(key) === text ? key : undefined;
}

const RAW = Buffer.alloc(128);
const TEXT = Buffer.alloc(256);

function base32(bytes: Buffer, length: number): string {
  const size = Math.ceil((length * 8) / 5);
  const text = size <= TEXT.length ? TEXT : Buffer.alloc(size);
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let index = 0; index < length; index++) {
    held = ((held << 8) | (bytes[index] as number)) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text[at++] = ALPHABET[(held >> bits) & 31] as number;
    }
  }
  if (bits > 0) text[at++] = ALPHABET[(held << (5 - bits)) & 31] as number;
  return text.toString('latin1', 0, at);
}

function crc16(bytes: Buffer, length: number): number {
  let crc = 0;
  for (let index = 0; index < length; index++)
    crc = ((crc << 8) & 0xffff) ^ (CRC[(crc >> 8) ^ (bytes[index] as number)] as number);
  return crc;
}

function crcTable(): Uint16Array {
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let crc = byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
    return crc & 0xffff;
  });
}

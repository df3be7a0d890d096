import { Recent } from './recent';
import type { MuxedAccount } from './xdr/types';

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
  const raw = length + 5 <= RAW.length ? RAW : Buffer.alloc(length + 5);
  raw[0] = version;
  raw.set(payload, 1);
  const crc = crc16(raw, length - 2);
  raw[length - 2] = crc & 0xff;
  raw[length - 1] = crc >> 8;
  raw.fill(0, length, length + 5);
  return base32(raw, length);
}

const accounts = new Recent(32, (key) => strkey(STRKEY.account, key));
const contracts = new Recent(32, (id) => strkey(STRKEY.contract, id));

/** `G…` of an ed25519 public key. */
export function accountStrkey(key: Uint8Array): string {
  return accounts.get(key);
}

/** `C…` of a contract id. */
export function contractStrkey(id: Uint8Array): string {
  return contracts.get(id);
}

/** `M…` of a multiplexed account. */
export function muxedStrkey(account: { readonly id: bigint; readonly ed25519: Uint8Array }): string {
  const payload = Buffer.alloc(40);
  payload.set(account.ed25519, 0);
  payload.writeBigUInt64BE(account.id, 32);
  return strkey(STRKEY.muxed, payload);
}

/** `G…` of an account, also of a multiplexed one. */
export function accountText(account: MuxedAccount): string {
  return accountStrkey(account.type === 'keyTypeEd25519' ? account.value : account.value.ed25519);
}

/** `M…` of a multiplexed account, null for a plain one. */
export function muxedText(account: MuxedAccount): string | null {
  return account.type === 'keyTypeEd25519' ? null : muxedStrkey(account.value);
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

/** `bytes` must be zero for five bytes after `length`. */
function base32(bytes: Buffer, length: number): string {
  const size = Math.ceil((length * 8) / 5);
  const text = size + 8 <= TEXT.length ? TEXT : Buffer.alloc(size + 8);
  let to = 0;
  // Five bytes are eight characters.
  for (let at = 0; at < length; at += 5) {
    const high =
      ((bytes[at] as number) << 12) | ((bytes[at + 1] as number) << 4) | ((bytes[at + 2] as number) >> 4);
    const low =
      (((bytes[at + 2] as number) & 15) << 16) | ((bytes[at + 3] as number) << 8) | (bytes[at + 4] as number);
    text[to] = ALPHABET[high >> 15] as number;
    text[to + 1] = ALPHABET[(high >> 10) & 31] as number;
    text[to + 2] = ALPHABET[(high >> 5) & 31] as number;
    text[to + 3] = ALPHABET[high & 31] as number;
    text[to + 4] = ALPHABET[low >> 15] as number;
    text[to + 5] = ALPHABET[(low >> 10) & 31] as number;
    text[to + 6] = ALPHABET[(low >> 5) & 31] as number;
    text[to + 7] = ALPHABET[low & 31] as number;
    to += 8;
  }
  return text.toString('latin1', 0, size);
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

import { accountStrkey, contractStrkey, muxedStrkey } from '../strkey';
import type { Asset } from '../xdr/operations';
import type { MuxedAccount, ScAddress } from '../xdr/types';
import { addressText } from '../sep51';
import { fingerprint64 } from './farmhash';
import { goText } from './gotext';

/** An asset as column values. The native asset has an empty code and issuer. */
export interface AssetText {
  readonly type: 'native' | 'credit_alphanum4' | 'credit_alphanum12';
  readonly code: string;
  readonly issuer: string;
  /** stellar-etl's asset id: FarmHash of code, issuer and type, as a signed 64-bit number. */
  readonly id: bigint;
  /** `native` or `CODE:ISSUER`. */
  readonly canonical: string;
}

export const NATIVE: AssetText = {
  type: 'native',
  code: '',
  issuer: '',
  id: -5706705804583548011n,
  canonical: 'native',
};

/** Assets by code and issuer. Computing their ids is expensive, and the same assets appear in every ledger. */
const assets = new Map<string, AssetText>();
const MOST_ASSETS = 20_000;

/** The texts of a credit asset; `code` with its zero bytes at the end. */
export function creditText(code: Uint8Array, issuer: Uint8Array): AssetText {
  const key = latin1(code) + latin1(issuer);
  const known = assets.get(key);
  if (known !== undefined) return known;
  let end = code.length;
  while (end > 0 && code[end - 1] === 0) end -= 1;
  const type = code.length === 4 ? 'credit_alphanum4' : 'credit_alphanum12';
  const raw = Buffer.from(code.subarray(0, end));
  const issuerText = accountStrkey(issuer);
  const id = fingerprint64(Buffer.concat([raw, Buffer.from(issuerText + type, 'latin1')]));
  const name = goText(raw);
  const asset: AssetText = {
    type,
    code: name,
    issuer: issuerText,
    id: BigInt.asIntN(64, id),
    canonical: `${name}:${issuerText}`,
  };
  if (assets.size >= MOST_ASSETS) assets.clear();
  assets.set(key, asset);
  return asset;
}

/** The texts of an asset. */
export function assetText(asset: Asset): AssetText {
  return asset.type === 'assetTypeNative'
    ? NATIVE
    : creditText(asset.value.assetCode, asset.value.issuer.value);
}

/** Strkeys of a ledger's accounts and contracts; cached because the same few repeat. */
export class Strkeys {
  private readonly accounts = new Map<string, string>();
  private readonly contracts = new Map<string, string>();

  /** `G…` of a key. */
  account(key: Uint8Array): string {
    return cached(this.accounts, key, accountStrkey);
  }

  /** `C…` of a contract id. */
  contract(id: Uint8Array): string {
    return cached(this.contracts, id, contractStrkey);
  }

  /** `G…` of an account, also of a multiplexed one. */
  plain(account: MuxedAccount): string {
    return this.account(account.type === 'keyTypeEd25519' ? account.value : account.value.ed25519);
  }

  /** `M…` of a multiplexed account, null for a plain one. */
  muxed(account: MuxedAccount): string | null {
    return account.type === 'keyTypeEd25519' ? null : muxedStrkey(account.value);
  }

  /** Strkey of any Soroban address. */
  address(address: ScAddress): string {
    if (address.type === 'scAddressTypeContract') return this.contract(address.value);
    return address.type === 'scAddressTypeAccount' ? this.account(address.value.value) : addressText(address);
  }
}

function cached(
  texts: Map<string, string>,
  bytes: Uint8Array,
  encode: (bytes: Uint8Array) => string,
): string {
  const key = latin1(bytes);
  let text = texts.get(key);
  if (text === undefined) texts.set(key, (text = encode(bytes)));
  return text;
}

/** The bytes as text, one character each, without a Buffer around them. */
function latin1(bytes: Uint8Array): string {
  return SLICE.call(bytes, 0, bytes.length);
}

const SLICE = (
  Buffer.prototype as unknown as { latin1Slice: (this: Uint8Array, start: number, end: number) => string }
).latin1Slice;

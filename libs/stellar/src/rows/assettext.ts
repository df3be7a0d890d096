import { Recent } from '../recent';
import { accountStrkey } from '../strkey';
import type { Asset } from '../xdr/operations';
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

const CODE = 12;
const ISSUER = 32;

/** Assets by code and issuer. Computing their ids is expensive, and the same assets appear in every ledger. */
const assets = new Recent(CODE + ISSUER, credit);

/** The texts of a credit asset; `code` with its zero bytes at the end. */
export function creditText(code: Uint8Array, issuer: Uint8Array): AssetText {
  return assets.get(issuer, code);
}

function credit(issuer: Uint8Array, code: Uint8Array): AssetText {
  let end = code.length;
  while (end > 0 && code[end - 1] === 0) end -= 1;
  const type = code.length === 4 ? 'credit_alphanum4' : 'credit_alphanum12';
  const raw = Buffer.from(code.subarray(0, end));
  const issuerText = accountStrkey(issuer);
  const id = fingerprint64(Buffer.concat([raw, Buffer.from(issuerText + type, 'latin1')]));
  const name = goText(raw);
  return {
    type,
    code: name,
    issuer: issuerText,
    id: BigInt.asIntN(64, id),
    canonical: `${name}:${issuerText}`,
  };
}

/** The texts of an asset. */
export function assetText(asset: Asset): AssetText {
  return asset.type === 'assetTypeNative'
    ? NATIVE
    : creditText(asset.value.assetCode, asset.value.issuer.value);
}

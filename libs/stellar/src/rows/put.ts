import { accountText, muxedText } from '../strkey';
import type { Asset, Price } from '../xdr/operations';
import type { MuxedAccount } from '../xdr/types';
import { priceUnits } from './amount';
import type { Details } from './details';
import { type AssetText, assetText } from './assettext';

/** Names of an account's members; computed once, because every operation uses them. */
export interface AccountNames {
  readonly plain: string;
  readonly muxed: string;
  readonly id: string;
}

export function accountNames(prefix: string): AccountNames {
  return { plain: prefix, muxed: `${prefix}_muxed`, id: `${prefix}_muxed_id` };
}

/** The names as a list. */
export function allNames(names: AccountNames | AssetNames | PriceNames): string[] {
  return Object.values(names);
}

/** Puts an account: its key and, if it is multiplexed, its M… address. */
export function putAccount(details: Details, names: AccountNames, account: MuxedAccount): void {
  details[names.plain] = accountText(account);
  if (account.type === 'keyTypeEd25519') return;
  details[names.muxed] = muxedText(account);
  details[names.id] = account.value.id;
}

/** Names of an asset's members. */
export interface AssetNames {
  readonly type: string;
  readonly code: string;
  readonly issuer: string;
  /** Only where stellar-etl writes it. */
  readonly id?: string;
}

/** `prefix` with its underscore. */
export function assetNames(prefix: string): AssetNames {
  return { type: `${prefix}asset_type`, code: `${prefix}asset_code`, issuer: `${prefix}asset_issuer` };
}

export function assetNamesWithId(prefix: string): AssetNames {
  return { ...assetNames(prefix), id: `${prefix}asset_id` };
}

/** Puts an asset; the native asset has neither code nor issuer. */
export function putAsset(details: Details, names: AssetNames, asset: Asset): void {
  putAssetText(details, names, assetText(asset));
}

export function putAssetText(details: Details, names: AssetNames, asset: AssetText): void {
  details[names.type] = asset.type;
  if (names.id !== undefined) details[names.id] = asset.id;
  if (asset.type === 'native') return;
  details[names.code] = asset.code;
  details[names.issuer] = asset.issuer;
}

export interface PriceNames {
  readonly price: string;
  readonly fraction: string;
}

export function priceNames(prefix: string): PriceNames {
  return { price: `${prefix}price`, fraction: `${prefix}price_r` };
}

/** Puts a price, as a decimal number and as a fraction. */
export function putPrice(details: Details, names: PriceNames, price: Price): void {
  details[names.price] = priceUnits(price);
  details[names.fraction] = { n: price.n, d: price.d };
}

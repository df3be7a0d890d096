import { accountStrkey, contractStrkey } from '../strkey';
import type { ContractDataEntry, ScMapEntry, ScVal } from '../xdr/types';
import { creditXdr, isContractOf, isSymbol } from './assetid';

/** Asset columns of a contract data row; empty unless the entry is a verified asset contract instance. */
export interface AssetColumns {
  readonly asset_code: string;
  readonly asset_issuer: string;
  readonly asset_type: string;
}

/** Balance columns of a contract data row. */
export interface BalanceColumns {
  readonly balance_holder: string;
  readonly balance: string;
}

const NO_ASSET: AssetColumns = { asset_code: '', asset_issuer: '', asset_type: '' };
const NO_BALANCE: BalanceColumns = { balance_holder: '', balance: '' };

/**
 * The asset of a Stellar asset contract's instance entry. Any contract can claim to be one, so the contract id must
 * equal the id that the network derives from the asset.
 */
export function assetColumns(data: ContractDataEntry, network: Buffer): AssetColumns {
  if (data.key.type !== 'scvLedgerKeyContractInstance' || data.val.type !== 'scvContractInstance')
    return NO_ASSET;
  if (data.contract.type !== 'scAddressTypeContract') return NO_ASSET;
  const info = data.val.value.storage?.find(({ key }) => isAssetInfoKey(key))?.val;
  const asset = info === undefined ? undefined : assetOf(info);
  if (asset === undefined) return NO_ASSET;
  return isContractOf(asset.xdr, data.contract.value, network) ? asset.columns : NO_ASSET;
}

/** The balance of a contract in an asset contract's storage: key `[Balance, holder]`, value amount and two flags. */
export function balanceColumns(data: ContractDataEntry): BalanceColumns {
  if (data.key.type !== 'scvVec' || data.contract.type !== 'scAddressTypeContract') return NO_BALANCE;
  const [name, holder, ...more] = data.key.value ?? [];
  if (name === undefined || holder === undefined || more.length > 0 || !isSymbol(name, 'Balance'))
    return NO_BALANCE;
  if (holder.type !== 'scvAddress' || holder.value.type !== 'scAddressTypeContract') return NO_BALANCE;
  const amount = data.val.type === 'scvMap' ? amountOf(data.val.value ?? []) : undefined;
  if (amount === undefined) return NO_BALANCE;
  return { balance_holder: contractStrkey(holder.value.value), balance: String(amount) };
}

function amountOf(entries: readonly ScMapEntry[]): bigint | undefined {
  const [amount, authorized, clawback, ...more] = entries;
  if (amount === undefined || authorized === undefined || clawback === undefined || more.length > 0)
    return undefined;
  const shaped =
    isSymbol(amount.key, 'amount') &&
    isSymbol(authorized.key, 'authorized') &&
    isSymbol(clawback.key, 'clawback') &&
    authorized.val.type === 'scvBool' &&
    clawback.val.type === 'scvBool';
  if (!shaped || amount.val.type !== 'scvI128' || amount.val.value.hi < 0n) return undefined;
  return (amount.val.value.hi << 64n) | amount.val.value.lo;
}

function isAssetInfoKey(key: ScVal): boolean {
  const [name, ...more] = key.type === 'scvVec' ? (key.value ?? []) : [];
  return name !== undefined && more.length === 0 && isSymbol(name, 'AssetInfo');
}

function assetOf(info: ScVal): { readonly columns: AssetColumns; readonly xdr: Buffer } | undefined {
  const [kind, map] = info.type === 'scvVec' ? (info.value ?? []) : [];
  if (kind !== undefined && isSymbol(kind, 'Native'))
    return { columns: { ...NO_ASSET, asset_type: 'native' }, xdr: Buffer.alloc(4) };
  if (kind === undefined || !(isSymbol(kind, 'AlphaNum4') || isSymbol(kind, 'AlphaNum12'))) return undefined;
  const [code, issuer, ...more] = map?.type === 'scvMap' ? (map.value ?? []) : [];
  if (code === undefined || issuer === undefined || more.length > 0) return undefined;
  if (!isSymbol(code.key, 'asset_code') || code.val.type !== 'scvString') return undefined;
  if (!isSymbol(issuer.key, 'issuer') || issuer.val.type !== 'scvBytes') return undefined;
  return creditAsset(trimZeros(code.val.value), issuer.val.value);
}

function creditAsset(
  code: Uint8Array,
  issuer: Uint8Array,
): { readonly columns: AssetColumns; readonly xdr: Buffer } | undefined {
  if (code.length === 0 || code.length > 12 || issuer.length !== 32) return undefined;
  const padded = Buffer.alloc(code.length <= 4 ? 4 : 12);
  padded.set(code);
  const columns = {
    asset_code: Buffer.from(code).toString('latin1'),
    asset_issuer: accountStrkey(issuer),
    asset_type: padded.length === 4 ? 'credit_alphanum4' : 'credit_alphanum12',
  };
  return { columns, xdr: creditXdr(padded, issuer) };
}

function trimZeros(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return bytes.subarray(0, end);
}

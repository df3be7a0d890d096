import { hex, latin1 } from './bytes';
import { STRKEY, accountStrkey, claimableBalanceStrkey, contractStrkey, muxedStrkey, strkey } from './strkey';
import type { ScAddress, ScContractInstance, ScError, ScMapEntry, ScVal } from './xdr/types';

/**
 * SEP-51 JSON text of a Soroban value. Integers of 64 bits and more are JSON strings of digits, exact; bytes are hex;
 * strings and symbols escape everything except printable ASCII (`\n`, `\xc3`), so any bytes survive.
 */
export function scValJson(value: ScVal): string {
  switch (value.type) {
    case 'scvVoid':
      return '"void"';
    case 'scvLedgerKeyContractInstance':
      return '"ledger_key_contract_instance"';
    case 'scvBool':
      return `{"bool":${value.value}}`;
    case 'scvU32':
      return `{"u32":${value.value}}`;
    case 'scvI32':
      return `{"i32":${value.value}}`;
    case 'scvU64':
      return `{"u64":"${value.value}"}`;
    case 'scvI64':
      return `{"i64":"${value.value}"}`;
    case 'scvTimepoint':
      return `{"timepoint":"${value.value}"}`;
    case 'scvDuration':
      return `{"duration":"${value.value}"}`;
    case 'scvU128':
      return `{"u128":"${wide(value.value.hi, value.value.lo)}"}`;
    case 'scvI128':
      return `{"i128":"${wide(value.value.hi, value.value.lo)}"}`;
    case 'scvU256':
    case 'scvI256': {
      const { hiHi, hiLo, loHi, loLo } = value.value;
      const digits = (((((hiHi << 64n) | hiLo) << 64n) | loHi) << 64n) | loLo;
      return `{"${value.type === 'scvU256' ? 'u256' : 'i256'}":"${digits}"}`;
    }
    case 'scvBytes':
      return `{"bytes":"${hex(value.value)}"}`;
    case 'scvString':
      return `{"string":${escaped(value.value)}}`;
    case 'scvSymbol':
      return `{"symbol":${escaped(value.value)}}`;
    case 'scvExecutableTag':
      return `{"executable_tag":${escaped(value.value)}}`;
    case 'scvVec':
      return `{"vec":${value.value === undefined ? 'null' : `[${value.value.map(scValJson).join(',')}]`}}`;
    case 'scvMap':
      return `{"map":${mapJson(value.value)}}`;
    case 'scvAddress':
      return `{"address":"${addressText(value.value)}"}`;
    case 'scvError':
      return `{"error":${errorJson(value.value)}}`;
    case 'scvContractInstance': {
      const { executable, storage } = value.value;
      return `{"contract_instance":{"executable":${executableJson(executable)},"storage":${mapJson(storage)}}}`;
    }
    case 'scvLedgerKeyNonce':
      return `{"ledger_key_nonce":{"nonce":"${value.value.nonce}"}}`;
  }
}

/** Strkey text of an address: account `G`, contract `C`, muxed `M`, claimable balance `B`, liquidity pool `L`. */
export function addressText(address: ScAddress): string {
  switch (address.type) {
    case 'scAddressTypeAccount':
      return accountStrkey(address.value.value);
    case 'scAddressTypeContract':
      return contractStrkey(address.value);
    case 'scAddressTypeMuxedAccount':
      return muxedStrkey(address.value);
    case 'scAddressTypeClaimableBalance':
      return claimableBalanceStrkey(address.value.value);
    case 'scAddressTypeLiquidityPool':
      return strkey(STRKEY.liquidityPool, address.value);
  }
}

/** The value of two 64-bit halves; `hi` carries the sign. */
function wide(hi: bigint, lo: bigint): bigint {
  return hi === 0n ? lo : (hi << 64n) | lo;
}

function executableJson(executable: ScContractInstance['executable']): string {
  switch (executable.type) {
    case 'contractExecutableWasm':
      return `{"wasm":"${hex(executable.value)}"}`;
    case 'contractExecutableStellarAsset':
      return '"stellar_asset"';
    case 'contractExecutableExternalRef': {
      const { executableOwner, tag } = executable.value;
      return `{"external_ref":{"executable_owner":"${addressText(executableOwner)}","tag":${escaped(tag)}}}`;
    }
  }
}

function mapJson(entries: readonly ScMapEntry[] | undefined): string {
  if (entries === undefined) return 'null';
  const members = entries.map(({ key, val }) => `{"key":${scValJson(key)},"val":${scValJson(val)}}`);
  return `[${members.join(',')}]`;
}

function errorJson(error: ScError): string {
  if (typeof error.value === 'number') return `{"contract":${error.value}}`;
  // sceWasmVm, scecInvalidAction: SEP-51 drops the prefix and writes the rest in snake case.
  return `{"${snake(error.type.slice(3))}":"${snake(error.value.slice(4))}"}`;
}

function snake(name: string): string {
  return name.replace(/(?<!^)[A-Z]/g, '_$&').toLowerCase();
}

const ESCAPES = Array.from({ length: 256 }, (_, byte): string => {
  if (byte === 0) return '\\\\0';
  if (byte === 9) return '\\\\t';
  if (byte === 10) return '\\\\n';
  if (byte === 13) return '\\\\r';
  if (byte === 0x5c) return '\\\\\\\\';
  if (byte === 0x22) return '\\"';
  if (byte >= 0x20 && byte <= 0x7e) return String.fromCharCode(byte);
  return `\\\\x${byte.toString(16).padStart(2, '0')}`;
});

/** The bytes as a JSON string with SEP-51's escapes inside. */
function escaped(bytes: Uint8Array): string {
  if (isPlain(bytes)) return `"${latin1(bytes)}"`;
  let text = '"';
  for (const byte of bytes) text += ESCAPES[byte];
  return `${text}"`;
}

/** Whether no byte needs an escape. */
function isPlain(bytes: Uint8Array): boolean {
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] as number;
    if (byte < 0x20 || byte > 0x7e || byte === 0x22 || byte === 0x5c) return false;
  }
  return true;
}

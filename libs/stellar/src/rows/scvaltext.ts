import { addressText } from '../sep51';
import { hex } from '../bytes';
import type { ScContractInstance, ScMapEntry, ScVal } from '../xdr/types';
import { goName } from './row';
import { goText } from './gotext';

const ARMS: Readonly<Record<ScVal['type'], string>> = {
  scvBool: 'B',
  scvVoid: '',
  scvError: 'Error',
  scvU32: 'U32',
  scvI32: 'I32',
  scvU64: 'U64',
  scvI64: 'I64',
  scvTimepoint: 'Timepoint',
  scvDuration: 'Duration',
  scvU128: 'U128',
  scvI128: 'I128',
  scvU256: 'U256',
  scvI256: 'I256',
  scvBytes: 'Bytes',
  scvString: 'Str',
  scvSymbol: 'Sym',
  scvVec: 'Vec',
  scvMap: 'Map',
  scvAddress: 'Address',
  scvContractInstance: 'Instance',
  scvLedgerKeyContractInstance: '',
  scvLedgerKeyNonce: 'NonceKey',
  scvExecutableTag: 'ExecutableTag',
};

/** Name of a Soroban value's arm in Go's XDR package; empty for arms without content. */
export function scValArm(value: ScVal): string {
  return ARMS[value.type];
}

/** A Soroban value as Go prints it, because stellar-etl writes that. SEP-51 JSON keeps more information. */
export function scValText(value: ScVal): string {
  switch (value.type) {
    case 'scvVoid':
      return '(void)';
    case 'scvLedgerKeyContractInstance':
      return '(LedgerKeyContractInstance)';
    case 'scvBool':
    case 'scvU32':
    case 'scvI32':
    case 'scvU64':
    case 'scvI64':
    case 'scvDuration':
      return String(value.value);
    case 'scvTimepoint':
      return timeText(value.value);
    case 'scvU128':
    case 'scvI128':
      return String((value.value.hi << 64n) | value.value.lo);
    case 'scvU256':
    case 'scvI256': {
      const { hiHi, hiLo, loHi, loLo } = value.value;
      return String((((((hiHi << 64n) | hiLo) << 64n) | loHi) << 64n) | loLo);
    }
    case 'scvBytes':
      return hex(value.value);
    case 'scvString':
    case 'scvSymbol':
    case 'scvExecutableTag':
      return goText(value.value);
    case 'scvVec':
      if (value.value === undefined) return 'nil';
      return `[${value.value.map((item) => scValText(item)).join(' ')}]`;
    case 'scvMap':
      return value.value === undefined ? 'nil' : mapText(value.value);
    case 'scvAddress':
      return addressText(value.value);
    case 'scvError': {
      const { type, value: code } = value.value;
      return `${goName('ScErrorType', type)}(${typeof code === 'number' ? code : goName('ScErrorCode', code)})`;
    }
    case 'scvContractInstance': {
      const { executable, storage = [] } = value.value;
      const code = executableText(executable);
      return storage.length === 0 ? code : `${code}: ${mapText(storage)}`;
    }
    case 'scvLedgerKeyNonce':
      return value.value.nonce.toString(16).toUpperCase();
  }
}

function executableText(executable: ScContractInstance['executable']): string {
  switch (executable.type) {
    case 'contractExecutableWasm':
      return hex(executable.value);
    case 'contractExecutableStellarAsset':
      return '(StellarAssetContract)';
    case 'contractExecutableExternalRef':
      return `(ExternalRef ${goText(executable.value.tag)})`;
  }
}

function mapText(entries: readonly ScMapEntry[]): string {
  return `[${entries.map(({ key, val }) => `{${scValText(key)} ${scValText(val)}}`).join(' ')}]`;
}

/** Last second that a Date can hold. */
const LAST_SECOND = 8_640_000_000_000n;

/** A time as Go prints it in UTC; the number of seconds when it is out of range. */
function timeText(seconds: bigint): string {
  if (seconds > LAST_SECOND) return String(seconds);
  const [day, time] = new Date(Number(seconds) * 1000).toISOString().split(/[T.]/) as [string, string];
  return `${day.replace(/^\+0*/, '')} ${time} +0000 UTC`;
}

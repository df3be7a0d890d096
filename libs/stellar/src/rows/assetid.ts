import { createHash } from 'node:crypto';
import { isText } from '../bytes';
import { contractStrkey } from '../strkey';
import type { ScVal } from '../xdr/types';

/** HashIDPreimage of type ENVELOPE_TYPE_CONTRACT_ID; then network id, preimage type FROM_ASSET, the asset. */
const CONTRACT_ID_PREIMAGE = Buffer.of(0, 0, 0, 8);
const FROM_ASSET = Buffer.of(0, 0, 0, 1);

/** Asset XDR of the native asset. */
const NATIVE = Buffer.alloc(4);

/** The id of the contract that the network derives from the asset (Asset XDR). */
function contractIdOf(asset: Buffer, network: Buffer): Buffer {
  const id = createHash('sha256').update(CONTRACT_ID_PREIMAGE).update(network).update(FROM_ASSET);
  return id.update(asset).digest();
}

/** Whether the network derives this contract id from the asset (Asset XDR). */
export function isContractOf(asset: Buffer, contract: Uint8Array, network: Buffer): boolean {
  return Buffer.compare(contractIdOf(asset, network), contract) === 0;
}

/** The contract of the native asset, C…. `network`: the network's id. */
export function nativeContract(network: Buffer): string {
  return contractStrkey(contractIdOf(NATIVE, network));
}

/** Asset XDR of a credit asset; `code` with its zero bytes, 4 or 12 bytes long. */
export function creditXdr(code: Uint8Array, issuer: Uint8Array): Buffer {
  const xdr = Buffer.alloc(8 + code.length + 32);
  xdr.writeUInt32BE(code.length === 4 ? 1 : 2, 0);
  xdr.set(code, 4);
  xdr.set(issuer, 8 + code.length);
  return xdr;
}

/** Whether a value is this symbol. */
export function isSymbol(value: ScVal, text: string): boolean {
  return value.type === 'scvSymbol' && isText(value.value, text);
}

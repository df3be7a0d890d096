import { createHash } from 'node:crypto';
import type { ScVal } from '../xdr/types';

/** HashIDPreimage of type ENVELOPE_TYPE_CONTRACT_ID; then network id, preimage type FROM_ASSET, the asset. */
const CONTRACT_ID_PREIMAGE = Buffer.of(0, 0, 0, 8);
const FROM_ASSET = Buffer.of(0, 0, 0, 1);

/** Whether the network derives this contract id from the asset (Asset XDR). */
export function isContractOf(asset: Buffer, contract: Uint8Array, network: Buffer): boolean {
  const id = createHash('sha256').update(CONTRACT_ID_PREIMAGE).update(network).update(FROM_ASSET);
  return Buffer.compare(id.update(asset).digest(), contract) === 0;
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
  return value.type === 'scvSymbol' && Buffer.from(value.value).toString('latin1') === text;
}

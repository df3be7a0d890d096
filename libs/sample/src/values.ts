import { createHash } from 'node:crypto';
import { Address, nativeToScVal, xdr } from '@stellar/stellar-base';

/** The extension point that every new XDR structure ends with. */
export const NO_EXTENSION = new xdr.ExtensionPoint(0);

/** sha256 of bytes. */
export function sha256(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** XDR int64. */
export function int64(value: bigint): xdr.Int64 {
  return xdr.Int64.fromString(value.toString());
}

/** XDR uint64. */
export function uint64(value: bigint): xdr.Uint64 {
  return xdr.Uint64.fromString(value.toString());
}

/** Contract value: symbol. */
export function symbol(text: string): xdr.ScVal {
  return xdr.ScVal.scvSymbol(text);
}

/** Contract value: text. */
export function text(value: string): xdr.ScVal {
  return xdr.ScVal.scvString(value);
}

/** Contract value: an integer of the named width. */
export function integer(type: 'u32' | 'u64' | 'u128' | 'i128' | 'u256', value: bigint): xdr.ScVal {
  return type === 'u32' ? xdr.ScVal.scvU32(Number(value)) : nativeToScVal(value, { type });
}

/** Contract value: the address of an account (G…) or contract (C…). */
export function address(strkey: string): xdr.ScVal {
  return parsed(strkey).toScVal();
}

/** The addresses of a sample network are few, and parsing one takes longer than anything else that is done with it. */
const addresses = new Map<string, Address>();

function parsed(strkey: string): Address {
  const known = addresses.get(strkey) ?? Address.fromString(strkey);
  if (addresses.size < 1000) addresses.set(strkey, known);
  return known;
}

/** Contract value: a vector. */
export function vector(...items: xdr.ScVal[]): xdr.ScVal {
  return xdr.ScVal.scvVec(items);
}

/** Contract value: a map with symbol keys, sorted as the host requires. */
export function struct(fields: Readonly<Record<string, xdr.ScVal>>): xdr.ScVal {
  return xdr.ScVal.scvMap(mapEntries(fields));
}

/** Map entries with symbol keys, sorted. */
export function mapEntries(fields: Readonly<Record<string, xdr.ScVal>>): xdr.ScMapEntry[] {
  return Object.entries(fields)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, val]) => new xdr.ScMapEntry({ key: symbol(name), val }));
}

/** The 32 bytes of a contract's address (C…). */
export function contractHash(strkey: string): Buffer {
  return parsed(strkey).toBuffer();
}

/** A contract event with topics and data. */
export function contractEvent(contract: string, topics: xdr.ScVal[], data: xdr.ScVal): xdr.ContractEvent {
  return event(xdr.ContractEventType.contract(), contract, topics, data);
}

/** A diagnostic event: the host's information about a call, not part of consensus. */
export function diagnosticEvent(
  successful: boolean,
  contract: string,
  topics: xdr.ScVal[],
  data: xdr.ScVal,
): xdr.DiagnosticEvent {
  return new xdr.DiagnosticEvent({
    inSuccessfulContractCall: successful,
    event: event(xdr.ContractEventType.diagnostic(), contract, topics, data),
  });
}

function event(
  type: xdr.ContractEventType,
  contract: string,
  topics: xdr.ScVal[],
  data: xdr.ScVal,
): xdr.ContractEvent {
  return new xdr.ContractEvent({
    ext: NO_EXTENSION,
    contractId: contractHash(contract) as unknown as xdr.ContractId,
    type,
    body: new xdr.ContractEventBody(0, new xdr.ContractEventV0({ topics, data })),
  });
}

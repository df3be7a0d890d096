import { contractStrkey } from '../../strkey';
import { hex, sha256 } from '../../bytes';
import type { LedgerKey } from '../../xdr/types';
import type { Details } from '../details';
import type { AppliedOperation } from '../operation';
import { sorobanData } from '../soroban';

/** Members that describe the footprint. */
export const FOOTPRINT_MEMBERS: readonly string[] = ['ledger_key_hash', 'contract_code_hash'];

/** The ledger keys that a Soroban transaction declares. */
interface Footprint {
  readonly readOnly: readonly LedgerKey[];
  readonly readWrite: readonly LedgerKey[];
}

const EMPTY: Footprint = { readOnly: [], readWrite: [] };

function footprint(at: AppliedOperation): Footprint {
  return sorobanData(at.envelope)?.resources.footprint ?? EMPTY;
}

/** Puts the hashes of all keys, and the first contract code among them. */
export function putFootprint(details: Details, at: AppliedOperation): void {
  const { readOnly, readWrite } = footprint(at);
  const keys = [...readOnly, ...readWrite];
  details['ledger_key_hash'] = keys.map(({ xdrStart, xdrEnd }) =>
    sha256(at.ledger.bytes.subarray(xdrStart, xdrEnd)),
  );
  const code = keys.find((key) => key.type === 'contractCode');
  details['contract_code_hash'] = code === undefined ? null : hex(code.value.hash);
}

/** The first contract whose data the footprint writes, or else reads; empty if there is none. */
export function footprintContract(at: AppliedOperation): string {
  const { readOnly, readWrite } = footprint(at);
  for (const key of [...readWrite, ...readOnly])
    if (key.type === 'contractData' && key.value.contract.type === 'scAddressTypeContract')
      return contractStrkey(key.value.contract.value);
  return '';
}

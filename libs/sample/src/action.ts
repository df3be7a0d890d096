import { xdr } from '@stellar/stellar-base';

/** The result of applying an operation. A failed operation changes nothing. */
export interface Effect {
  readonly result: xdr.OperationResult;
  readonly successful: boolean;
  readonly changes: readonly xdr.LedgerEntryChange[];
  readonly events: readonly xdr.ContractEvent[];
  /** Contract calls only. */
  readonly returnValue?: xdr.ScVal;
  readonly diagnostics?: readonly xdr.DiagnosticEvent[];
}

/** One operation that is decided but not yet applied: fees of the whole ledger come first. */
export interface Action {
  readonly operation: xdr.Operation;
  /** The ledger entries a contract call declares; absent for a classic operation. */
  readonly footprint?: xdr.LedgerFootprint;
  apply(): Effect;
}

/** An operation of the transaction's own source account. */
export function operation(body: xdr.OperationBody): xdr.Operation {
  return new xdr.Operation({ sourceAccount: null, body });
}

import { Address, xdr } from '@stellar/stellar-base';
import type { Action, Effect } from './action';
import { operation } from './action';
import { contractDataKey } from './state';
import { contractHash, diagnosticEvent, sha256, symbol, text, vector } from './values';

/** The effects of a contract call, as the contract sees them. */
interface CallEffect {
  readonly changes: readonly xdr.LedgerEntryChange[];
  readonly events: readonly xdr.ContractEvent[];
  readonly returnValue: xdr.ScVal;
}

/** A contract call that is decided but not yet applied. */
export interface Call {
  readonly contract: string;
  readonly name: string;
  readonly args: readonly xdr.ScVal[];
  /** Keys of the entries that it changes. */
  readonly writes: readonly xdr.LedgerKey[];
  /** Whether the meta keeps the host's diagnostic events. */
  readonly diagnostics: boolean;
  apply(): CallEffect;
}

/** The operation that makes a call. */
export function invoke(call: Call): Action {
  return {
    ...request(call),
    apply: () => {
      const { changes, events, returnValue } = call.apply();
      const image = new xdr.InvokeHostFunctionSuccessPreImage({ returnValue, events: [...events] });
      const hash = sha256(image.toXDR());
      return {
        successful: true,
        result: result(xdr.InvokeHostFunctionResult.invokeHostFunctionSuccess(hash)),
        ...{ changes, events, returnValue },
        diagnostics: call.diagnostics ? [entered(call, true), returned(call, returnValue)] : [],
      };
    },
  };
}

/** The operation of a call that traps: nothing changes, and the diagnostic events give the reason. */
export function trap(call: Call): Action {
  const reason = xdr.ScVal.scvError(xdr.ScError.sceContract(7));
  const failed: Effect = {
    successful: false,
    result: result(xdr.InvokeHostFunctionResult.invokeHostFunctionTrapped()),
    changes: [],
    events: [],
    diagnostics: [
      entered(call, false),
      diagnosticEvent(false, call.contract, [symbol('error'), reason], text('the contract refused the call')),
    ],
  };
  return { ...request(call), apply: () => failed };
}

/** The key of a contract's instance, which every call reads. */
function instanceKey(contract: string): xdr.LedgerKey {
  return xdr.LedgerKey.contractData(
    new xdr.LedgerKeyContractData({
      contract: Address.fromString(contract).toScAddress(),
      key: xdr.ScVal.scvLedgerKeyContractInstance(),
      durability: xdr.ContractDataDurability.persistent(),
    }),
  );
}

/** The keys of contract data entries. */
export function keysOf(...entries: readonly xdr.ContractDataEntry[]): xdr.LedgerKey[] {
  return entries.map(contractDataKey);
}

function request(call: Call): Pick<Action, 'operation' | 'footprint'> {
  const invocation = new xdr.InvokeContractArgs({
    contractAddress: Address.fromString(call.contract).toScAddress(),
    functionName: call.name,
    args: [...call.args],
  });
  const authorized = new xdr.SorobanAuthorizationEntry({
    credentials: xdr.SorobanCredentials.sorobanCredentialsSourceAccount(),
    rootInvocation: new xdr.SorobanAuthorizedInvocation({
      function: xdr.SorobanAuthorizedFunction.sorobanAuthorizedFunctionTypeContractFn(invocation),
      subInvocations: [],
    }),
  });
  const instance = instanceKey(call.contract);
  const written = new Set(call.writes.map((key) => key.toXDR('base64')));
  return {
    operation: operation(
      xdr.OperationBody.invokeHostFunction(
        new xdr.InvokeHostFunctionOp({
          hostFunction: xdr.HostFunction.hostFunctionTypeInvokeContract(invocation),
          auth: [authorized],
        }),
      ),
    ),
    footprint: new xdr.LedgerFootprint({
      readOnly: written.has(instance.toXDR('base64')) ? [] : [instance],
      readWrite: [...call.writes],
    }),
  };
}

function entered(call: Call, successful: boolean): xdr.DiagnosticEvent {
  const topics = [symbol('fn_call'), xdr.ScVal.scvBytes(contractHash(call.contract)), symbol(call.name)];
  return diagnosticEvent(successful, call.contract, topics, vector(...call.args));
}

function returned(call: Call, value: xdr.ScVal): xdr.DiagnosticEvent {
  return diagnosticEvent(true, call.contract, [symbol('fn_return'), symbol(call.name)], value);
}

function result(call: xdr.InvokeHostFunctionResult): xdr.OperationResult {
  return xdr.OperationResult.opInner(xdr.OperationResultTr.invokeHostFunction(call));
}

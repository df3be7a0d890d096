import type { ScVal } from '../../xdr/types';
import type { Details } from '../details';
import { type Row, goName } from '../row';
import { addressText, scValJson } from '../../sep51';
import { scValArm, scValText } from '../scvaltext';
import { balanceChanges } from '../balancechange';
import type { AppliedOperation } from '../operation';
import { assetText } from '../assettext';
import type { ContractIdPreimage, InvokeContractArgs } from '../../xdr/operations';
import { describe } from './describe';
import { FOOTPRINT_MEMBERS, footprintContract, putFootprint } from './footprint';

export const invokeHostFunction = describe<'invokeHostFunction'>({
  code: 24,
  name: 'invoke_host_function',
  members: [
    ...FOOTPRINT_MEMBERS,
    'function',
    'type',
    'contract_id',
    'from',
    'address',
    'asset',
    'asset_balance_changes',
    'parameters',
    'parameters_decoded',
    'parameters_json',
    'parameters_json_decoded',
  ],
  fill(details, { hostFunction }, at) {
    details['function'] = goName('HostFunctionType', hostFunction.type);
    putFootprint(details, at);
    switch (hostFunction.type) {
      case 'hostFunctionTypeInvokeContract':
        putInvocation(details, hostFunction.value, at);
        return;
      case 'hostFunctionTypeCreateContract':
        details['type'] = 'create_contract';
        putCreation(details, hostFunction.value.contractIdPreimage, at);
        return;
      case 'hostFunctionTypeUploadContractWasm':
        details['type'] = 'upload_wasm';
        return;
      case 'hostFunctionTypeCreateContractV2':
        details['type'] = 'create_contract_v2';
        putCreation(details, hostFunction.value.contractIdPreimage, at);
        putParameters(
          details,
          hostFunction.value.constructorArgs.map((value) => parameter(value, at)),
        );
    }
  },
});

function putInvocation(details: Details, invocation: InvokeContractArgs, at: AppliedOperation): void {
  const { contractAddress, functionName, args } = invocation;
  const contract: Value = { type: 'scvAddress', value: contractAddress };
  const name: Value = { type: 'scvSymbol', value: functionName };
  // The ledger does not store address and name as ScVals, so prefix their XDR with the ScVal type.
  const { ledger } = at;
  const addressEnd = functionName.byteOffset - ledger.bytes.byteOffset - 4;
  const nameEnd = addressEnd + 4 + ((functionName.length + 3) & ~3);
  details['type'] = 'invoke_contract';
  details['contract_id'] = addressText(contractAddress);
  putParameters(details, [
    { ...describeValue(contract), xdr: ledger.base64(invocation.xdrStart, addressEnd, ADDRESS_TYPE) },
    { ...describeValue(name), xdr: ledger.base64(addressEnd, nameEnd, SYMBOL_TYPE) },
    ...args.map((value) => parameter(value, at)),
  ]);
  details['asset_balance_changes'] = balanceChanges(at);
}

function putCreation(details: Details, preimage: ContractIdPreimage, at: AppliedOperation): void {
  details['contract_id'] = footprintContract(at);
  if (preimage.type === 'contractIdPreimageFromAddress') {
    details['from'] = 'address';
    details['address'] = addressText(preimage.value.address);
  } else {
    details['from'] = 'asset';
    details['asset'] = assetText(preimage.value).canonical;
  }
}

const ADDRESS_TYPE = Buffer.of(0, 0, 0, 18);
const SYMBOL_TYPE = Buffer.of(0, 0, 0, 15);

/** A value without its byte offsets. */
type Value = ScVal extends infer V ? (V extends ScVal ? Pick<V, 'type' | 'value'> : never) : never;

interface Parameter {
  readonly arm: string;
  readonly text: string;
  readonly json: string;
  readonly xdr: string;
}

function describeValue(value: Value): Omit<Parameter, 'xdr'> {
  const whole = value as ScVal;
  return { arm: scValArm(whole), text: scValText(whole), json: scValJson(whole) };
}

function parameter(value: ScVal, at: AppliedOperation): Parameter {
  return { ...describeValue(value), xdr: at.ledger.base64(value.xdrStart, value.xdrEnd) };
}

/** Puts parameters in stellar-etl's four forms. */
function putParameters(details: Details, parameters: readonly Parameter[]): void {
  const typed = (value: 'text' | 'xdr'): Row[] =>
    parameters.map((each) => ({ type: each.arm, value: each[value] }));
  details['parameters'] = typed('xdr');
  details['parameters_decoded'] = typed('text');
  details['parameters_json'] = parameters.map(({ xdr }) => xdr);
  details['parameters_json_decoded'] = parameters.map(({ json }) => json);
}

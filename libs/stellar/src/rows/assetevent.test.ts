import { createHash } from 'node:crypto';
import { xdr } from '@stellar/stellar-base';
import { networkId } from '../network';
import { accountStrkey, contractStrkey } from '../strkey';
import { credit, id } from '../testing/entries';
import { NETWORK, decodedLedger, metaOf, union } from '../testing/ledger';
import { LedgerContext } from './context';
import { effectRows } from './effects';
import { operationRows } from './operations';

const [A, B, C] = [1, 2, 3].map((byte) => accountStrkey(Buffer.alloc(32, byte))) as [string, string, string];
const USD = `USD:${C}`;
const CONTRACT = contractStrkey(Buffer.alloc(32, 5));

const account = (byte: number): xdr.ScVal =>
  xdr.ScVal.scvAddress(xdr.ScAddress.scAddressTypeAccount(id(byte)));
const contract = xdr.ScVal.scvAddress(xdr.ScAddress.scAddressTypeContract(Buffer.alloc(32, 5) as never));

function i128(hi: string, lo: string): xdr.ScVal {
  return xdr.ScVal.scvI128(new xdr.Int128Parts({ hi: new xdr.Int64(hi), lo: new xdr.Uint64(lo) }));
}

/** The contract that the network derives from USD. */
function usdContract(): Buffer {
  const preimage = [
    Buffer.of(0, 0, 0, 8),
    networkId(NETWORK),
    Buffer.of(0, 0, 0, 1),
    credit('USD', 3).toXDR(),
  ];
  return createHash('sha256').update(Buffer.concat(preimage)).digest();
}

function event(name: string, addresses: xdr.ScVal[], data: xdr.ScVal, by = usdContract()): xdr.ContractEvent {
  const topics = [xdr.ScVal.scvSymbol(name), ...addresses, xdr.ScVal.scvString(USD)];
  return new xdr.ContractEvent({
    ext: union(xdr.ExtensionPoint, 0),
    contractId: by as never,
    type: xdr.ContractEventType.contract(),
    body: union(xdr.ContractEventBody, 0, new xdr.ContractEventV0({ topics, data })),
  });
}

/** Balance changes of an invocation with this event, and its effects. */
function rows(of: xdr.ContractEvent): { changes: unknown[]; effects: string[]; amounts: unknown[] } {
  const invocation = new xdr.InvokeContractArgs({
    contractAddress: xdr.ScAddress.scAddressTypeContract(Buffer.alloc(32, 5) as never),
    functionName: 'f',
    args: [],
  });
  const body = xdr.OperationBody.invokeHostFunction(
    new xdr.InvokeHostFunctionOp({
      hostFunction: xdr.HostFunction.hostFunctionTypeInvokeContract(invocation),
      auth: [],
    }),
  );
  const operations = [new xdr.Operation({ sourceAccount: null, body })];
  const meta = metaOf([[]], { operation: [of] });
  const context = new LedgerContext(decodedLedger({ transactions: [{ operations, meta }] }), NETWORK);
  const [operation] = [...operationRows(context)];
  const effects = [...effectRows(context)];
  const json = JSON.parse(String(operation?.['details_json'])) as { asset_balance_changes: unknown[] };
  const struct = operation?.['details'] as { asset_balance_changes: { amount: unknown }[] };
  return {
    changes: json.asset_balance_changes,
    effects: effects.map((row) => [row['type_string'], row['address'], row['details_json']].join(' ')),
    amounts: struct.asset_balance_changes.map(({ amount }) => amount),
  };
}

const asset = `"asset_code":"USD","asset_issuer":"${C}","asset_type":"credit_alphanum4"`;
const change = (rest: object): object => ({
  amount: '0.0000042',
  asset_code: 'USD',
  asset_issuer: C,
  asset_type: 'credit_alphanum4',
  ...rest,
});

it('a transfer from an account to a contract', () => {
  const { changes, effects, amounts } = rows(event('transfer', [account(1), contract], i128('0', '42')));
  expect(changes).toEqual([change({ from: A, to: CONTRACT, type: 'transfer' })]);
  expect(amounts).toEqual([42n]);
  expect(effects).toEqual([
    `account_debited ${A} {"amount":"0.0000042",${asset},"contract_event_type":"transfer"}`,
    `contract_credited ${A} {"amount":"0.0000042",${asset},"contract":"${CONTRACT}","contract_event_type":"transfer"}`,
  ]);
});

it.each<[string, string, xdr.ScVal[], object]>([
  ['mint by an administrator', 'mint', [account(1), account(2)], { to: B, type: 'mint' }],
  ['mint since protocol 23', 'mint', [account(2)], { to: B, type: 'mint' }],
  ['clawback by an administrator', 'clawback', [account(1), account(2)], { from: B, type: 'clawback' }],
  ['clawback since protocol 23', 'clawback', [account(2)], { from: B, type: 'clawback' }],
  ['burn', 'burn', [account(2)], { from: B, type: 'burn' }],
])('%s', (_, name, addresses, expected) => {
  expect(rows(event(name, addresses, i128('0', '42'))).changes).toEqual([change(expected)]);
});

it('an amount with a multiplexing id', () => {
  const entry = (key: string, val: xdr.ScVal): xdr.ScMapEntry =>
    new xdr.ScMapEntry({ key: xdr.ScVal.scvSymbol(key), val });
  const data = xdr.ScVal.scvMap([
    entry('amount', i128('0', '42')),
    entry('to_muxed_id', xdr.ScVal.scvU64(new xdr.Uint64('7'))),
  ]);
  expect(rows(event('transfer', [account(1), account(2)], data)).changes).toEqual([
    change({ from: A, to: B, type: 'transfer' }),
  ]);
});

it('the greatest amount is exact in JSON and null in the column, which has 38 digits', () => {
  const most = i128('9223372036854775807', '18446744073709551615');
  const { changes, effects, amounts } = rows(event('transfer', [account(1), account(2)], most));
  expect(changes).toMatchObject([{ amount: '17014118346046923173168730371588.4105727' }]);
  expect(effects[0]).toContain('"amount":"17014118346046923173168730371588.4105727"');
  expect(amounts).toEqual([null]);
});

it('events that only look like those of an asset contract are ignored', () => {
  const amount = i128('0', '42');
  const none = { changes: [], effects: [], amounts: [] };
  expect(rows(event('transfer', [account(1), account(2)], amount, Buffer.alloc(32, 6)))).toEqual(none);
  expect(rows(event('approve', [account(1), account(2)], amount))).toEqual(none);
  expect(rows(event('transfer', [account(1)], amount))).toEqual(none);
  expect(rows(event('burn', [account(1), account(2)], amount))).toEqual(none);
  expect(rows(event('transfer', [account(1), account(2)], xdr.ScVal.scvU32(1)))).toEqual(none);
});

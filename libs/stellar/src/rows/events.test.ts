import { xdr } from '@stellar/stellar-base';
import { NETWORK, decodedLedger, metaV4, union } from '../testing/ledger';
import { LedgerContext } from './context';
import { stellarRows } from './index';
import type { Row } from './row';

function event(name: string, type = xdr.ContractEventType.contract()): xdr.ContractEvent {
  return new xdr.ContractEvent({
    ext: union(xdr.ExtensionPoint, 0),
    contractId: null,
    type,
    body: union(
      xdr.ContractEventBody,
      0,
      new xdr.ContractEventV0({ topics: [xdr.ScVal.scvSymbol(name)], data: xdr.ScVal.scvVoid() }),
    ),
  });
}

const diagnostic = (of: xdr.ContractEvent, inSuccessfulContractCall = true): xdr.DiagnosticEvent =>
  new xdr.DiagnosticEvent({ inSuccessfulContractCall, event: of });

function rows(operation: xdr.ContractEvent[], list: xdr.DiagnosticEvent[]): Row[] {
  const meta = metaV4([], { operation, diagnostic: list });
  const ledger = decodedLedger({ transactions: [{ meta }] });
  return [...stellarRows(new LedgerContext(ledger, NETWORK), 'contract_events')];
}

const summary = (row: Row): unknown => [row['topics_decoded'], row['operation_id'] !== null];

describe('contract_events rows', () => {
  it('write a copy in the diagnostic list once, with its operation, and keep events that are equal in fact', () => {
    const twice = [event('a'), event('a'), event('b')];
    const copies = twice.map((item) => diagnostic(item));
    const all = rows(twice, [...copies, diagnostic(event('a')), diagnostic(event('c'))]);
    expect(all.map(summary)).toEqual([
      [['{"symbol":"a"}'], true],
      [['{"symbol":"a"}'], true],
      [['{"symbol":"b"}'], true],
      [['{"symbol":"a"}'], false],
      [['{"symbol":"c"}'], false],
    ]);
  });

  it('keep events of failed calls and diagnostic ones, in the list’s order', () => {
    const failed = diagnostic(event('a'), false);
    const trace = diagnostic(event('trace', xdr.ContractEventType.diagnostic()));
    const all = rows([event('a')], [trace, failed, trace]);
    expect(all.map((row) => [row['type'], row['in_successful_contract_call']])).toEqual([
      [1, true],
      [2, true],
      [1, false],
      [2, true],
    ]);
    expect(all[2]?.['contract_event_xdr']).toBe(failed.toXDR('base64'));
    expect(all[0]).toMatchObject({
      contract_id: '',
      type_string: 'ContractEventTypeContract',
      data_decoded: '"void"',
    });
  });

  it('come from meta V3 under operation 1; earlier meta has none', () => {
    const v3 = union(
      xdr.TransactionMeta,
      3,
      new xdr.TransactionMetaV3({
        ext: union(xdr.ExtensionPoint, 0),
        txChangesBefore: [],
        operations: [],
        txChangesAfter: [],
        sorobanMeta: new xdr.SorobanTransactionMeta({
          ext: union(xdr.SorobanTransactionMetaExt, 0),
          events: [event('a')],
          returnValue: xdr.ScVal.scvVoid(),
          diagnosticEvents: [],
        }),
      }),
    );
    const v2 = union(
      xdr.TransactionMeta,
      2,
      new xdr.TransactionMetaV2({ txChangesBefore: [], operations: [], txChangesAfter: [] }),
    );
    const v1 = union(xdr.TransactionMeta, 1, new xdr.TransactionMetaV1({ txChanges: [], operations: [] }));
    const v0 = union(xdr.TransactionMeta, 0, []);
    const ledger = decodedLedger({
      version: 1,
      sequence: 5,
      transactions: [{ meta: v3 }, { meta: v2, fee: 2 }, { meta: v1, fee: 3 }, { meta: v0, fee: 4 }],
    });
    const context = new LedgerContext(ledger, NETWORK);
    const all = [...stellarRows(context, 'contract_events')];
    expect(all.map((row) => row['operation_id'])).toEqual([(5n << 32n) | 4097n]);
    expect([...stellarRows(context, 'contract_data')]).toEqual([]);
  });
});

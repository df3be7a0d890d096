import { contractStrkey } from '../strkey';
import { scValJson } from '../sep51';
import type { ContractEvent, DiagnosticEvent, TransactionMeta } from '../xdr/types';
import type { AppliedTransaction, LedgerContext } from './context';
import { type Row, goName } from './row';
import { toid } from './toid';

const EVENT_TYPES = { system: 0, contract: 1, diagnostic: 2 } as const;

/** A transaction's events, as its meta lists them. */
export interface TransactionEvents {
  readonly transaction: readonly ContractEvent[];
  /** By operation, from operation 1. */
  readonly operations: readonly (readonly ContractEvent[])[];
  readonly diagnostic: readonly DiagnosticEvent[];
}

/**
 * The rows of `contract_events`. For each transaction, in apply order: its transaction events, its operation events,
 * then its diagnostic events. Meta before version 3 has no events. A contract event that the diagnostic list repeats
 * from an operation is one row.
 */
export function* eventRows(context: LedgerContext): Generator<Row> {
  for (const transaction of context.transactions) {
    const events = eventsOf(transaction.processing.txApplyProcessing);
    if (events === undefined) continue;
    for (const event of events.transaction)
      yield eventRow(context, transaction, event, transaction.successful, null);
    for (const [index, operation] of events.operations.entries()) {
      const id = toid(context.sequence, transaction.order, index + 1);
      for (const event of operation) yield eventRow(context, transaction, event, transaction.successful, id);
    }
    for (const { event, inSuccessfulContractCall } of withoutCopies(context, events))
      yield eventRow(context, transaction, event, inSuccessfulContractCall, null);
  }
}

/** The events of a transaction; undefined for meta before version 3, and for classic transactions in version 3. */
export function eventsOf(meta: TransactionMeta): TransactionEvents | undefined {
  if (meta.type === 4)
    return {
      transaction: meta.value.events.map(({ event }) => event),
      operations: meta.value.operations.map(({ events }) => events),
      diagnostic: meta.value.diagnosticEvents,
    };
  if (meta.type !== 3 || meta.value.sorobanMeta === undefined) return undefined;
  const { events, diagnosticEvents } = meta.value.sorobanMeta;
  return { transaction: [], operations: [events], diagnostic: diagnosticEvents };
}

/** The diagnostic list without one copy of each operation event that it repeats byte for byte. */
function withoutCopies(context: LedgerContext, events: TransactionEvents): readonly DiagnosticEvent[] {
  if (events.diagnostic.every(({ event }) => event.type === 'diagnostic')) return events.diagnostic;
  const key = ({ xdrStart, xdrEnd }: ContractEvent): string =>
    context.bytes.toString('latin1', xdrStart, xdrEnd);
  const copies = new Map<string, number>();
  for (const event of events.operations.flat()) copies.set(key(event), (copies.get(key(event)) ?? 0) + 1);
  return events.diagnostic.filter(({ event, inSuccessfulContractCall }) => {
    if (event.type === 'diagnostic' || !inSuccessfulContractCall) return true;
    const left = copies.get(key(event)) ?? 0;
    if (left > 0) copies.set(key(event), left - 1);
    return left === 0;
  });
}

function eventRow(
  context: LedgerContext,
  transaction: AppliedTransaction,
  event: ContractEvent,
  inSuccessfulCall: boolean,
  operationId: bigint | null,
): Row {
  const { topics, data } = event.body.value;
  return {
    transaction_hash: transaction.hash,
    transaction_id: transaction.id,
    successful: transaction.successful,
    ledger_sequence: context.sequence,
    closed_at: context.closedAt,
    in_successful_contract_call: inSuccessfulCall,
    contract_id: event.contractId === undefined ? '' : contractStrkey(event.contractId),
    type: EVENT_TYPES[event.type],
    type_string: goName('ContractEventType', event.type),
    topics: topics.map(({ xdrStart, xdrEnd }) => context.base64(xdrStart, xdrEnd)),
    topics_decoded: topics.map(scValJson),
    data: context.base64(data.xdrStart, data.xdrEnd),
    data_decoded: scValJson(data),
    // The XDR of the DiagnosticEvent: the flag, then the event.
    contract_event_xdr: context.base64(event.xdrStart, event.xdrEnd, inSuccessfulCall ? SUCCESSFUL : FAILED),
    operation_id: operationId,
  };
}

const SUCCESSFUL = Buffer.of(0, 0, 0, 1);
const FAILED = Buffer.alloc(4);

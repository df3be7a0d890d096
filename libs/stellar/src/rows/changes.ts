import { ParquetryError } from '@parquetry/core';
import type { ContractDataEntry, LedgerEntry, LedgerEntryChange, TransactionMeta } from '../xdr/types';
import type { LedgerContext } from './context';

/** The change codes of `ledger_entry_change`. */
export const CHANGE = { created: 0, updated: 1, removed: 2, restored: 4 } as const;

/** What a ledger did to one contract data entry, all its changes taken together. */
export interface EntryChange {
  readonly change: (typeof CHANGE)[keyof typeof CHANGE];
  /** The entry after the ledger; before it when the ledger removed it. */
  readonly entry: LedgerEntry;
  readonly data: ContractDataEntry;
  /** LedgerKey XDR. */
  readonly key: Buffer;
}

interface Tracked {
  change: EntryChange['change'];
  before: LedgerEntry | undefined;
  after: LedgerEntry | undefined;
}

/**
 * Folds all changes of contract data entries in a ledger, in the order core applied them (fees, transactions, refunds,
 * upgrades), to one change an entry, ordered by the bytes of the ledger key. An entry created and removed in the same
 * ledger leaves nothing.
 * @throws ParquetryError SOURCE_CORRUPT for changes that can't follow each other
 */
export function contractDataChanges(context: LedgerContext): EntryChange[] {
  const tracked = new Map<string, Tracked>();
  for (const changes of changeLists(context)) foldList(context, tracked, changes);
  const folded = [...tracked].flatMap(([key, { change, before, after }]) => {
    const entry = change === CHANGE.removed ? before : after;
    if (entry?.data.type !== 'contractData') return [];
    return [{ change, entry, data: entry.data.value as ContractDataEntry, key: Buffer.from(key, 'latin1') }];
  });
  return folded.sort((a, b) => Buffer.compare(a.key, b.key));
}

function* changeLists(context: LedgerContext): Generator<readonly LedgerEntryChange[]> {
  const { value } = context.ledger.meta;
  for (const { feeProcessing } of value.txProcessing) yield feeProcessing;
  for (const { txApplyProcessing } of value.txProcessing) yield* metaLists(txApplyProcessing);
  for (const { postTxApplyFeeProcessing } of value.txProcessing) yield postTxApplyFeeProcessing ?? [];
  for (const { changes } of value.upgradesProcessing) yield changes;
}

function* metaLists(meta: TransactionMeta): Generator<readonly LedgerEntryChange[]> {
  if (meta.type === 0) {
    for (const { changes } of meta.value) yield changes;
    return;
  }
  yield meta.type === 1 ? meta.value.txChanges : meta.value.txChangesBefore;
  for (const { changes } of meta.value.operations) yield changes;
  if (meta.type !== 1) yield meta.value.txChangesAfter;
}

function foldList(
  context: LedgerContext,
  tracked: Map<string, Tracked>,
  changes: readonly LedgerEntryChange[],
): void {
  for (const [index, change] of changes.entries()) {
    if (change.type === 'ledgerEntryState') continue;
    if (change.type === 'ledgerEntryRemoved') {
      if (change.value.type !== 'contractData') continue;
      const key = context.bytes.toString('latin1', change.value.xdrStart, change.value.xdrEnd);
      fold(context, tracked, key, CHANGE.removed, undefined, stateBefore(changes[index - 1]));
      continue;
    }
    const { data } = change.value;
    if (data.type !== 'contractData') continue;
    const key = contractDataKey(context.bytes, data.value as ContractDataEntry);
    const code = {
      ledgerEntryCreated: CHANGE.created,
      ledgerEntryUpdated: CHANGE.updated,
      ledgerEntryRestored: CHANGE.restored,
    }[change.type];
    const before = code === CHANGE.updated ? stateBefore(changes[index - 1]) : undefined;
    fold(context, tracked, key, code, change.value, before);
  }
}

/** An update or removal stands right after the entry's state (or its restoration). */
function stateBefore(change: LedgerEntryChange | undefined): LedgerEntry | undefined {
  return change?.type === 'ledgerEntryState' || change?.type === 'ledgerEntryRestored'
    ? change.value
    : undefined;
}

function fold(
  context: LedgerContext,
  tracked: Map<string, Tracked>,
  key: string,
  change: EntryChange['change'],
  after: LedgerEntry | undefined,
  before: LedgerEntry | undefined,
): void {
  const known = tracked.get(key);
  if (known === undefined) {
    if (change === CHANGE.removed && before === undefined)
      throw impossible(context, key, 'removed without a state');
    tracked.set(key, { change, before, after });
    return;
  }
  const gone = known.change === CHANGE.removed;
  if (gone !== (change === CHANGE.created) || change === CHANGE.restored)
    throw impossible(context, key, `change ${change} after change ${known.change}`);
  if (change === CHANGE.created) tracked.set(key, { change: CHANGE.updated, before: known.before, after });
  else if (change === CHANGE.updated) known.after = after;
  else if (known.change === CHANGE.created) tracked.delete(key);
  else
    tracked.set(key, {
      change,
      before: known.change === CHANGE.restored ? before : known.before,
      after: undefined,
    });
}

const LEDGER_KEY_CONTRACT_DATA = Buffer.of(0, 0, 0, 6);

/**
 * LedgerKey XDR of an entry, one character a byte: the key's type, then contract, key and durability, which stand in
 * the entry in just this order between its extension point and its value.
 */
function contractDataKey(bytes: Buffer, data: ContractDataEntry): string {
  return (
    LEDGER_KEY_CONTRACT_DATA.toString('latin1') +
    bytes.toString('latin1', data.xdrStart + 4, data.val.xdrStart)
  );
}

function impossible(context: LedgerContext, key: string, what: string): ParquetryError {
  return new ParquetryError(
    'SOURCE_CORRUPT',
    `Ledger ${context.sequence} changes a contract data entry in an impossible way: ${what}.`,
    {
      details: { ledger: context.sequence, ledger_key: Buffer.from(key, 'latin1').toString('base64') },
      hint: 'Compare the ledger with another copy of the lake.',
    },
  );
}

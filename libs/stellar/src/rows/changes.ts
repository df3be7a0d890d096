import { ParquetryError } from '@parquetry/core';
import type { LedgerEntry, LedgerEntryChange, LedgerEntryData, TransactionResult } from '../xdr/types';
import type { AppliedTransaction, LedgerContext } from './context';
import { entryKey } from './entrykey';

/** The change codes of `ledger_entry_change`. */
export const CHANGE = { created: 0, updated: 1, removed: 2, restored: 4 } as const;

/** Kinds of ledger entries. */
export type EntryType = LedgerEntryData['type'];

/** What an entry of this kind holds. */
type EntryValue<Type extends EntryType> = Extract<LedgerEntryData, { type: Type }>['value'];

/** The net effect of all changes that a ledger made to one entry. */
export interface EntryChange<Type extends EntryType> {
  readonly change: (typeof CHANGE)[keyof typeof CHANGE];
  /** The entry after the ledger; before it when the ledger removed it. */
  readonly entry: LedgerEntry;
  readonly data: EntryValue<Type>;
  /** The entry before the ledger; undefined when the ledger created or restored it. */
  readonly before: LedgerEntry | undefined;
  /**
   * The entry when the ledger began, or as it came back from the archive; undefined when the ledger created it, and when
   * the ledger does not have its state.
   */
  readonly held: LedgerEntry | undefined;
  /** LedgerKey XDR, one character per byte. */
  readonly key: string;
}

interface Tracked {
  change: (typeof CHANGE)[keyof typeof CHANGE];
  before: LedgerEntry | undefined;
  readonly held: LedgerEntry | undefined;
  after: LedgerEntry | undefined;
}

/** Folded changes by ledger and kind; cached because several tables read the same entries. */
const folded = new WeakMap<LedgerContext, Map<EntryType, unknown>>();

/**
 * Folds all changes of one kind of entry in a ledger, in the order core applied them (fees, transactions, refunds,
 * upgrades), into one change per entry, ordered by the bytes of the ledger key. An entry created and removed in the
 * same ledger produces no change.
 * @throws ParquetryError SOURCE_CORRUPT for an impossible sequence of changes
 */
export function entryChanges<Type extends EntryType>(
  context: LedgerContext,
  type: Type,
): readonly EntryChange<Type>[] {
  let kinds = folded.get(context);
  if (kinds === undefined) folded.set(context, (kinds = new Map<EntryType, unknown>()));
  let changes = kinds.get(type);
  if (changes === undefined) kinds.set(type, (changes = foldChanges(context, type)));
  return changes as readonly EntryChange<Type>[];
}

function foldChanges<Type extends EntryType>(context: LedgerContext, type: Type): EntryChange<Type>[] {
  const tracked = new Map<string, Tracked>();
  const { changes, befores } = gathered(context).get(type) ?? NONE;
  for (let index = 0; index < changes.length; index++)
    foldOne(context, tracked, changes[index] as LedgerEntryChange, befores[index]);
  const result: EntryChange<Type>[] = [];
  for (const [key, { change, before, held, after }] of tracked) {
    const entry = change === CHANGE.removed ? before : after;
    if (entry !== undefined)
      result.push({ change, entry, data: entry.data.value as EntryValue<Type>, before, held, key });
  }
  return result.sort((a, b) => (a.key < b.key ? -1 : 1));
}

function* changeLists(context: LedgerContext): Generator<readonly LedgerEntryChange[]> {
  const { value } = context.ledger.meta;
  for (const { feeProcessing } of value.txProcessing) yield feeProcessing;
  for (const transaction of context.transactions) yield* metaLists(context, transaction);
  for (const { postTxApplyFeeProcessing } of value.txProcessing) yield postTxApplyFeeProcessing ?? [];
  for (const { changes } of value.upgradesProcessing) yield changes;
}

function* metaLists(
  context: LedgerContext,
  { processing }: AppliedTransaction,
): Generator<readonly LedgerEntryChange[]> {
  const meta = processing.txApplyProcessing;
  if (meta.type === 0) {
    for (const { changes } of meta.value) yield changes;
    return;
  }
  yield meta.type === 1 ? meta.value.txChanges : meta.value.txChangesBefore;
  // Until protocol 12, core left changes in the meta that an internal error had rolled back.
  if (context.header.ledgerVersion <= 12 && isInternalError(processing.result.result)) return;
  for (const { changes } of meta.value.operations) yield changes;
  if (meta.type !== 1) yield meta.value.txChangesAfter;
}

function isInternalError({ result }: TransactionResult): boolean {
  return result.type === 'txInternalError';
}

/** The changes of one kind of entry in a ledger, in order, each with the change before it in its list. */
interface Gathered {
  readonly changes: LedgerEntryChange[];
  readonly befores: (LedgerEntryChange | undefined)[];
}

const NONE: Gathered = { changes: [], befores: [] };

/** All changes by ledger and kind; cached so that each entry table does not scan all of them. */
const gatheredChanges = new WeakMap<LedgerContext, Map<EntryType, Gathered>>();

function gathered(context: LedgerContext): ReadonlyMap<EntryType, Gathered> {
  const known = gatheredChanges.get(context);
  if (known !== undefined) return known;
  const kinds = new Map<EntryType, Gathered>();
  gatheredChanges.set(context, kinds);
  for (const list of changeLists(context))
    for (let index = 0; index < list.length; index++) {
      const change = list[index] as LedgerEntryChange;
      if (change.type === 'ledgerEntryState') continue;
      const type = change.type === 'ledgerEntryRemoved' ? change.value.type : change.value.data.type;
      let kind = kinds.get(type);
      if (kind === undefined) kinds.set(type, (kind = { changes: [], befores: [] }));
      kind.changes.push(change);
      kind.befores.push(list[index - 1]);
    }
  return kinds;
}

function foldOne(
  context: LedgerContext,
  tracked: Map<string, Tracked>,
  change: LedgerEntryChange,
  previous: LedgerEntryChange | undefined,
): void {
  if (change.type === 'ledgerEntryState') return;
  if (change.type === 'ledgerEntryRemoved') {
    const key = context.bytes.toString('latin1', change.value.xdrStart, change.value.xdrEnd);
    fold(context, tracked, key, CHANGE.removed, undefined, stateBefore(previous));
    return;
  }
  const code = CODES[change.type];
  const before = code === CHANGE.updated ? stateBefore(previous) : undefined;
  fold(context, tracked, entryKey(context.bytes, change.value.data), code, change.value, before);
}

const CODES = {
  ledgerEntryCreated: CHANGE.created,
  ledgerEntryUpdated: CHANGE.updated,
  ledgerEntryRestored: CHANGE.restored,
} as const;

/** An update or removal must directly follow the entry's state (or its restoration). */
function stateBefore(change: LedgerEntryChange | undefined): LedgerEntry | undefined {
  return change?.type === 'ledgerEntryState' || change?.type === 'ledgerEntryRestored'
    ? change.value
    : undefined;
}

function fold(
  context: LedgerContext,
  tracked: Map<string, Tracked>,
  key: string,
  change: Tracked['change'],
  after: LedgerEntry | undefined,
  before: LedgerEntry | undefined,
): void {
  const known = tracked.get(key);
  if (known === undefined) {
    if (change === CHANGE.removed && before === undefined)
      throw impossible(context, key, 'removed without a state');
    tracked.set(key, { change, before, held: change === CHANGE.restored ? after : before, after });
    return;
  }
  const { held } = known;
  const gone = known.change === CHANGE.removed;
  if (gone !== (change === CHANGE.created) || change === CHANGE.restored)
    throw impossible(context, key, `change ${change} after change ${known.change}`);
  if (change === CHANGE.created)
    tracked.set(key, { change: CHANGE.updated, before: known.before, held, after });
  else if (change === CHANGE.updated) known.after = withLongerLife(known.after, after);
  else if (known.change === CHANGE.created) tracked.delete(key);
  else
    tracked.set(key, {
      change,
      before: known.change === CHANGE.restored ? before : known.before,
      held,
      after: undefined,
    });
}

/**
 * Transactions that run in parallel each extend the TTL that they read. The longest TTL wins, whatever the order of the
 * changes (CAP-63).
 */
function withLongerLife(
  known: LedgerEntry | undefined,
  next: LedgerEntry | undefined,
): LedgerEntry | undefined {
  if (known?.data.type !== 'ttl' || next?.data.type !== 'ttl') return next;
  if (known.data.value.liveUntilLedgerSeq <= next.data.value.liveUntilLedgerSeq) return next;
  return { ...next, data: { ...next.data, value: known.data.value } };
}

function impossible(context: LedgerContext, key: string, what: string): ParquetryError {
  return new ParquetryError(
    'SOURCE_CORRUPT',
    `Ledger ${context.sequence} changes a ledger entry in an impossible way: ${what}.`,
    {
      details: { ledger: context.sequence, ledger_key: Buffer.from(key, 'latin1').toString('base64') },
      hint: 'Compare the ledger with another copy of the lake.',
    },
  );
}

import type { LiquidityPoolEntry } from '../xdr/entries';
import type { Operation, OperationResult, Successes } from '../xdr/operations';
import type {
  LedgerEntry,
  LedgerEntryChange,
  LedgerEntryData,
  MuxedAccount,
  Transaction,
  TransactionEnvelope,
  TransactionMeta,
  TransactionResult,
  TransactionV0,
} from '../xdr/types';
import type { AppliedTransaction, LedgerContext } from './context';
import { entryKey } from './entrykey';

/** An operation with its transaction, its result and its changes. */
export class AppliedOperation {
  /** TOID. */
  readonly id: bigint;
  private pairs: readonly EntryPair[] | undefined;

  constructor(
    readonly ledger: LedgerContext,
    readonly transaction: AppliedTransaction,
    readonly envelope: TransactionEnvelope,
    /** The (inner) transaction. */
    readonly tx: Transaction | TransactionV0,
    /** Position in the transaction, from 0. */
    readonly index: number,
    readonly operation: Operation,
    /** Undefined when the transaction was not applied. */
    readonly result: OperationResult | undefined,
  ) {
    this.id = transaction.id + BigInt(index + 1);
  }

  get source(): MuxedAccount {
    return this.operation.sourceAccount ?? transactionSource(this.tx);
  }

  /** The result's value when the operation succeeded, even if the result arm belongs to another type. */
  success<T extends keyof Successes>(): Successes[T] | undefined {
    if (this.result?.type !== 'opInner') return undefined;
    const { value } = this.result.value;
    return value.type.endsWith('Success') ? (value.value as Successes[T]) : undefined;
  }

  /** The changes as the meta lists them. */
  get rawChanges(): readonly LedgerEntryChange[] {
    return operationChanges(this.transaction.processing.txApplyProcessing, this.index);
  }

  /** Classic entries and TTLs before and after the operation, ordered by the bytes of their ledger keys. */
  get changes(): readonly EntryPair[] {
    return (this.pairs ??= orderedPairs(this.ledger.bytes, this.rawChanges));
  }

  /** The first change of a liquidity pool, or of the pool with this id when one is given. */
  poolChange(id?: Uint8Array): PoolChange | undefined {
    for (const { before, after } of this.changes) {
      const entry = (after ?? before)?.data;
      if (entry?.type !== 'liquidityPool') continue;
      const pool = entry.value as LiquidityPoolEntry;
      if (id !== undefined && Buffer.compare(pool.liquidityPoolId, id) !== 0) continue;
      return poolChange(pool, before, after);
    }
    return undefined;
  }
}

/** An entry before and after an operation; undefined before its creation and after its removal. */
export interface EntryPair {
  readonly before: LedgerEntry | undefined;
  readonly after: LedgerEntry | undefined;
}

/** A pool after an operation (before it, if the operation removed it) and the amounts that the operation added. */
export interface PoolChange {
  readonly pool: LiquidityPoolEntry;
  readonly reserveA: bigint;
  readonly reserveB: bigint;
  readonly shares: bigint;
}

function poolChange(
  pool: LiquidityPoolEntry,
  before: LedgerEntry | undefined,
  after: LedgerEntry | undefined,
): PoolChange {
  const amounts = (entry: LedgerEntry | undefined): readonly [bigint, bigint, bigint] => {
    if (entry === undefined) return [0n, 0n, 0n];
    const { reserveA, reserveB, totalPoolShares } = (entry.data.value as LiquidityPoolEntry).body.value;
    return [reserveA, reserveB, totalPoolShares];
  };
  const [oldA, oldB, oldShares] = amounts(before);
  const [newA, newB, newShares] = amounts(after);
  return { pool, reserveA: newA - oldA, reserveB: newB - oldB, shares: newShares - oldShares };
}

/** Operations by transaction; cached because several tables need them and their changes. */
const applied = new WeakMap<AppliedTransaction, readonly AppliedOperation[]>();

/** The operations of a transaction, in order. */
export function appliedOperations(
  ledger: LedgerContext,
  transaction: AppliedTransaction,
): readonly AppliedOperation[] {
  const known = applied.get(transaction);
  if (known !== undefined) return known;
  const envelope = ledger.envelope(transaction);
  const outer = envelope.value.tx;
  const tx = 'innerTx' in outer ? outer.innerTx.value.tx : outer;
  const results = operationResults(transaction.processing.result.result);
  const operations = tx.operations.map(
    (operation, index) =>
      new AppliedOperation(ledger, transaction, envelope, tx, index, operation, results?.[index]),
  );
  applied.set(transaction, operations);
  return operations;
}

/** Source account of a transaction. */
export function transactionSource(tx: Transaction | TransactionV0): MuxedAccount {
  return 'sourceAccountEd25519' in tx
    ? { type: 'keyTypeEd25519', value: tx.sourceAccountEd25519 }
    : tx.sourceAccount;
}

/** Results by operation, those of the inner transaction for a fee bump; undefined when there are none. */
function operationResults({ result }: TransactionResult): readonly OperationResult[] | undefined {
  const inner =
    result.type === 'txFeeBumpInnerSuccess' || result.type === 'txFeeBumpInnerFailed'
      ? result.value.result.result
      : result;
  return inner.type === 'txSuccess' || inner.type === 'txFailed' ? inner.value : undefined;
}

function operationChanges(meta: TransactionMeta, index: number): readonly LedgerEntryChange[] {
  const operations = meta.type === 0 ? meta.value : meta.value.operations;
  return operations[index]?.changes ?? [];
}

/** Entry kinds that no operation or effect row uses. */
const UNUSED = new Set<LedgerEntryData['type']>(['contractData', 'contractCode', 'configSetting']);

/** Pairs each change with the state listed directly before it; skips contract entries and settings. */
function orderedPairs(bytes: Buffer, changes: readonly LedgerEntryChange[]): EntryPair[] {
  const pairs: EntryPair[] = [];
  let state: LedgerEntry | undefined;
  for (const change of changes) {
    const type = change.type === 'ledgerEntryRemoved' ? change.value.type : change.value.data.type;
    if (UNUSED.has(type)) continue;
    if (change.type === 'ledgerEntryRemoved') pairs.push({ before: state, after: undefined });
    else if (change.type === 'ledgerEntryUpdated') pairs.push({ before: state, after: change.value });
    else if (change.type !== 'ledgerEntryState') pairs.push({ before: undefined, after: change.value });
    if (change.type === 'ledgerEntryState' || change.type === 'ledgerEntryRestored') state = change.value;
  }
  if (pairs.length < 2) return pairs;
  const keyed = pairs.map((pair) => ({ pair, key: pairKey(bytes, pair) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ pair }) => pair);
}

function pairKey(bytes: Buffer, { before, after }: EntryPair): string {
  const entry = after ?? before;
  return entry === undefined ? '' : entryKey(bytes, entry.data);
}

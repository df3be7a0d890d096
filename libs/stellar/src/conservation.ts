import type { Conservation } from '@parquetry/core';
import { CHANGE } from './rows/changes';

/**
 * The tables whose rows show all native balances, and the columns that `lumensChanged` reads, in this order. Columns
 * that begin with `previous_` are null in rows of versions that did not have them.
 */
export const BALANCE_COLUMNS = {
  accounts: ['ledger_entry_change', 'balance', 'previous_balance'],
  claimable_balances: ['ledger_entry_change', 'asset_type', 'asset_amount', 'previous_asset_amount'],
  liquidity_pools: [
    'ledger_entry_change',
    ...['asset_a_type', 'asset_a_amount', 'previous_asset_a_amount'],
    ...['asset_b_type', 'asset_b_amount', 'previous_asset_b_amount'],
  ],
  contract_data: ['ledger_entry_change', 'contract_id', 'balance', 'previous_balance'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** A table with native balances. */
export type BalanceTable = keyof typeof BALANCE_COLUMNS;

/** The names of these tables. */
export const BALANCE_TABLES = Object.keys(BALANCE_COLUMNS) as readonly BalanceTable[];

/** Whether a message type is a table with native balances. */
export function isBalanceTable(type: string): type is BalanceTable {
  return Object.hasOwn(BALANCE_COLUMNS, type);
}

/**
 * By how many stroops the entry of a row changed the sum of native balances. `values`: the row's BALANCE_COLUMNS, amounts
 * in stroops. `contract`: the contract of the native asset, C…. Undefined when the row does not have the balance before
 * the ledger.
 */
export function lumensChanged(
  table: BalanceTable,
  values: readonly unknown[],
  contract: string,
): bigint | undefined {
  const [change, ...rest] = values;
  if (table === 'accounts') return difference(change, rest[0], rest[1]);
  if (table === 'contract_data')
    return rest[0] === contract ? difference(change, rest[1] || 0n, rest[2] === '' ? 0n : rest[2]) : 0n;
  let sum = 0n;
  for (let at = 0; at < rest.length; at += 3) {
    if (rest[at] !== 'native') continue;
    const side = difference(change, rest[at + 1], rest[at + 2]);
    if (side === undefined) return undefined;
    sum += side;
  }
  return sum;
}

/** The balance after a ledger minus the one before; an entry that the ledger created had nothing. */
function difference(change: unknown, after: unknown, before: unknown): bigint | undefined {
  const code = Number(change);
  if ((before === null || before === undefined) && code !== CHANGE.created) return undefined;
  return (code === CHANGE.removed ? 0n : BigInt(after as bigint)) - BigInt((before as bigint | null) ?? 0n);
}

/** The totals in a ledger's header, in stroops. */
export interface LumenTotals {
  readonly ledger: number;
  readonly coins: bigint;
  readonly pool: bigint;
}

/**
 * Checks that no lumen appears or disappears: in each ledger the changes of native balances (accounts, claimable
 * balances, pools, contracts) and of the fee pool add up to the change of `total_coins`. Ledgers come in ascending order.
 */
export class ConservationCheck {
  private previous: LumenTotals | undefined;
  private proved = 0;
  private failed = 0;
  private unchecked = 0;
  private first: Conservation['first'];

  /** Takes the totals of a ledger whose balances are not read: the one before the first. */
  skip(totals: LumenTotals): void {
    this.previous = totals;
  }

  /** Counts a ledger whose totals are not known. */
  miss(): void {
    this.previous = undefined;
    this.unchecked += 1;
  }

  /**
   * Checks a ledger whose entries changed native balances by `change` stroops; undefined when that is not known. Returns
   * what it is off by, if it fails.
   */
  check(totals: LumenTotals, change: bigint | undefined): bigint | undefined {
    const { previous } = this;
    this.previous = totals;
    if (change === undefined || previous === undefined || previous.ledger + 1 !== totals.ledger) {
      this.unchecked += 1;
      return undefined;
    }
    const off = change + (totals.pool - previous.pool) - (totals.coins - previous.coins);
    if (off === 0n) {
      this.proved += 1;
      return undefined;
    }
    this.failed += 1;
    this.first ??= { ledger: totals.ledger, stroops: String(off) };
    return off;
  }

  /** What was found so far. */
  result(contract: string): Conservation {
    const { proved, failed, unchecked, first } = this;
    return { contract, proved, failed, unchecked, ...(first === undefined ? {} : { first }) };
  }
}

import {
  BALANCE_COLUMNS,
  BALANCE_TABLES,
  type BalanceTable,
  ConservationCheck,
  lumensChanged,
} from './conservation';
import { KNOWN_NETWORKS } from './network';
import { stellarRows } from './rows';
import { nativeContract } from './rows/assetid';
import { LedgerContext } from './rows/context';
import { SKIPPED } from './testing/data';
import { goldenLakes, goldenLedgers } from './testing/golden';

const lakes = goldenLakes();
const CONTRACT = 'CNATIVE';

const totals = (context: LedgerContext): { ledger: number; coins: bigint; pool: bigint } => ({
  ledger: context.sequence,
  coins: context.header.totalCoins,
  pool: context.header.feePool,
});

/** The same ledger without cached rows. */
const fresh = ({ ledger }: LedgerContext): LedgerContext =>
  new LedgerContext(ledger, KNOWN_NETWORKS[0] as string);

/** By how much a ledger's rows change native balances. */
function changeOf(context: LedgerContext): bigint | undefined {
  const contract = nativeContract(context.network);
  let sum: bigint | undefined = 0n;
  for (const table of BALANCE_TABLES)
    for (const row of stellarRows(context, table)) {
      const change = lumensChanged(
        table,
        BALANCE_COLUMNS[table].map((column) => row[column]),
        contract,
      );
      sum = change === undefined || sum === undefined ? undefined : sum + change;
    }
  return sum;
}

it.each<[BalanceTable, readonly unknown[], bigint | undefined]>([
  ['accounts', [1, 70n, 100n], -30n],
  ['accounts', [0, 70n, null], 70n],
  ['accounts', [2, 5n, 100n], -100n],
  ['accounts', [1, 70n, null], undefined],
  ['claimable_balances', [0, 'native', 9n, null], 9n],
  ['claimable_balances', [2, 'native', 9n, 9n], -9n],
  ['claimable_balances', [2, 'credit_alphanum4', 9n, 9n], 0n],
  ['liquidity_pools', [1, 'native', 9n, 4n, 'credit_alphanum4', 8n, 3n], 5n],
  ['liquidity_pools', [1, 'native', 9n, null, 'credit_alphanum4', 8n, null], undefined],
  ['contract_data', [1, CONTRACT, '9', '4'], 5n],
  ['contract_data', [4, CONTRACT, '9', '9'], 0n],
  ['contract_data', [1, CONTRACT, '', ''], 0n],
  ['contract_data', [1, CONTRACT, '9', null], undefined],
  ['contract_data', [1, 'COTHER', '9', null], 0n],
])('%s %j changes native balances by %s', (table, values, expected) => {
  expect(lumensChanged(table, values, CONTRACT)).toBe(expected);
});

it('checks a ledger only when the one before it and its balances are known', () => {
  const check = new ConservationCheck();
  const at = (
    ledger: number,
    coins: bigint,
    pool: bigint,
  ): { ledger: number; coins: bigint; pool: bigint } => ({
    ledger,
    coins,
    pool,
  });
  expect(check.check(at(5, 1000n, 10n), 3n)).toBeUndefined();
  expect(check.check(at(6, 1000n, 15n), -5n)).toBeUndefined();
  expect(check.check(at(7, 1000n, 15n), undefined)).toBeUndefined();
  expect(check.check(at(8, 1100n, 20n), 95n)).toBeUndefined();
  expect(check.check(at(9, 1100n, 21n), 6n)).toBe(7n);
  expect(check.check(at(11, 1100n, 21n), 6n)).toBeUndefined();
  expect(check.result('C')).toEqual({
    contract: 'C',
    proved: 2,
    failed: 1,
    unchecked: 3,
    first: { ledger: 9, stroops: '7' },
  });
});

(lakes.length > 0 ? describe : describe.skip)(`conservation of lumens${SKIPPED}`, () => {
  it('holds for the rows of every ledger of the test data whose predecessor is there', async () => {
    let proved = 0;
    const others: unknown[] = [];
    for (const lake of lakes) {
      const check = new ConservationCheck();
      let gaps = 0;
      let last: number | undefined;
      for (const context of await goldenLedgers(lake)) {
        check.check(totals(context), changeOf(context));
        if (last !== context.sequence - 1) gaps += 1;
        last = context.sequence;
      }
      const found = check.result('');
      proved += found.proved;
      if (found.failed > 0 || found.unchecked !== gaps) others.push({ lake: lake.name, gaps, ...found });
    }
    expect(others).toEqual([]);
    expect(proved).toBeGreaterThanOrEqual(850);
  }, 120_000);

  it('fails by the difference when a balance, the fee pool or the total is changed', async () => {
    const [first, second] = await goldenLedgers(lakes[0] as (typeof lakes)[number]);
    const [before, ledger] = [totals(first as LedgerContext), second as LedgerContext];
    const off = (changed: Partial<typeof before>): bigint | undefined => {
      const check = new ConservationCheck();
      check.skip({ ...before, ...changed });
      return check.check(totals(ledger), changeOf(fresh(ledger)));
    };
    expect(off({})).toBeUndefined();
    expect(off({ pool: before.pool + 1n })).toBe(-1n);
    expect(off({ coins: before.coins - 7n })).toBe(-7n);
    for (const { feeProcessing } of ledger.ledger.meta.value.txProcessing)
      for (const change of feeProcessing)
        if (change.type === 'ledgerEntryState' && change.value.data.type === 'account') {
          Object.assign(change.value.data.value, { balance: change.value.data.value.balance + 3n });
          expect(off({})).toBe(-3n);
          return;
        }
    throw new Error('no account paid a fee');
  });
});

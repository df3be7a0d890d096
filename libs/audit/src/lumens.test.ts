import type { SegmentRecord } from '@parquetry/archive';
import type { Intervals } from '@parquetry/core';
import { type LumenChange, checkLumens } from './lumens';
import type { CheckedTable } from './cursor';
import { lumenRecords } from './lumenrecords';

async function* stream<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

const ALL: Intervals = [{ start: 10, end: 15 }];

/** Ledgers 10–15 in partitions of two: accounts pay 5 stroops each ledger, and a contract gets 3 from an account in 13. */
async function check(
  change: (tables: { accounts: Map<number, bigint | undefined>; contracts: Map<number, bigint> }) => void,
  answers: Intervals = ALL,
  ledgers: readonly number[] = [10, 11, 12, 13, 14, 15],
): Promise<{ proved: number; unchecked: number; messages: string[] }> {
  const accounts = new Map<number, bigint | undefined>(ledgers.map((ledger) => [ledger, -5n]));
  accounts.set(13, -8n);
  const contracts = new Map([[13, 3n]]);
  change({ accounts, contracts });
  const table = (
    name: string,
    changes: ReadonlyMap<number, bigint | undefined>,
  ): CheckedTable<LumenChange> => ({
    name,
    answers,
    rows: stream([...changes].map(([ledger, each]) => ({ ledger, change: each }))),
  });
  const { proved, unchecked, findings } = await checkLumens({
    ledgers: {
      name: 'ledgers',
      answers: ALL,
      rows: stream(ledgers.map((ledger) => ({ ledger, coins: 1000n, pool: 5n * BigInt(ledger) }))),
    },
    balances: [table('accounts', accounts), table('contract_data', contracts)],
  });
  return {
    proved,
    unchecked,
    messages: findings.map(({ code, range, message }) => `${code} ${range?.start}: ${message}`),
  };
}

it('proves every ledger whose predecessor is there, also at the start of a partition', async () => {
  expect(await check(() => undefined)).toEqual({ proved: 5, unchecked: 1, messages: [] });
});

it('names the ledger and the lumens that appear or disappear', async () => {
  const { proved, messages } = await check(({ accounts, contracts }) => {
    accounts.set(12, 2n);
    contracts.set(13, 1n);
  });
  expect(proved).toBe(3);
  expect(messages).toEqual([
    'CONSERVATION_BROKEN 12: 7 stroops appear in ledger 12: the changes of native balances and of its fee_pool do not add up to the change of its total_coins.',
    'CONSERVATION_BROKEN 13: 2 stroops disappear in ledger 13: the changes of native balances and of its fee_pool do not add up to the change of its total_coins.',
  ]);
});

it('does not check ledgers that a table lacks, whose predecessor is missing, or that lack balances before', async () => {
  expect(await check(() => undefined, [{ start: 12, end: 14 }])).toEqual({
    proved: 3,
    unchecked: 0,
    messages: [],
  });
  expect(await check(() => undefined, ALL, [10, 11, 13, 14])).toMatchObject({ proved: 2, unchecked: 2 });
  expect(await check(({ accounts }) => accounts.set(14, undefined))).toEqual({
    proved: 4,
    unchecked: 2,
    messages: [],
  });
});

it('sums what the pulls recorded', () => {
  const record = (start: number, conservation?: SegmentRecord['conservation']): SegmentRecord =>
    ({ identity: { range: { start, end: start + 9 } }, conservation }) as SegmentRecord;
  expect(lumenRecords('accounts', [record(1)])).toBeUndefined();
  expect(
    lumenRecords('accounts', [
      record(1, { contract: 'C', proved: 9, failed: 0, unchecked: 1 }),
      record(11, { contract: 'C', proved: 8, failed: 2, unchecked: 0, first: { ledger: 14, stroops: '-3' } }),
    ]),
  ).toEqual({
    lumens: {
      proved: 17,
      unchecked: 1,
      why: 'the ledger before them was not in the same pull; --deep checks them',
    },
    findings: [
      {
        code: 'CONSERVATION_BROKEN',
        fault: true,
        dataset: 'accounts',
        range: { start: 11, end: 20 },
        message:
          'The pull of ledgers 11-20 found that lumens do not add up in 2 of them, first by -3 stroops in ledger 14.',
      },
    ],
  });
});

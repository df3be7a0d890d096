import type { Intervals } from '@parquetry/core';
import { type CrossInput, type CrossProof, type LedgerReferences, crossCheck } from './crosscheck';

const toid = (ledger: number, transaction: number, operation: number): bigint =>
  (BigInt(ledger) << 32n) | BigInt(transaction * 4096 + operation);

/** Ledgers 10–15: each has two transactions, of one and three operations; ledger 13 has none. */
class Tables {
  readonly sets = new Map<number, number>();
  readonly transactions = new Map<number, Map<bigint, number>>();
  readonly operations = new Map<number, Map<bigint, number>>();
  readonly effects = new Map<number, Map<bigint, number>>();
  readonly events = new Map<number, Map<bigint, number>>();
  readonly mixed = new Map<number, number>();
  answers: Record<string, Intervals> = {};

  constructor() {
    for (let ledger = 10; ledger <= 15; ledger++) {
      const counts = ledger === 13 ? [] : [1, 3];
      this.sets.set(
        ledger,
        counts.reduce((sum, count) => sum + count, 0),
      );
      if (counts.length === 0) continue;
      this.transactions.set(ledger, new Map(counts.map((count, at) => [toid(ledger, at + 1, 0), count])));
      const ids = counts.flatMap((count, at) =>
        Array.from({ length: count }, (_, index) => toid(ledger, at + 1, index + 1)),
      );
      this.operations.set(ledger, new Map(ids.map((id) => [id, 1])));
      this.effects.set(ledger, new Map([[toid(ledger, 2, 2), 5]]));
      this.events.set(ledger, new Map([[toid(ledger, 1, 0), 2]]));
    }
  }

  input(): CrossInput {
    const table = <T>(
      name: string,
      rows: Iterable<T>,
    ): { name: string; rows: AsyncIterable<T>; answers: Intervals } => ({
      name,
      rows: stream(rows),
      answers: this.answers[name] ?? [{ start: 10, end: 15 }],
    });
    const refer = (rows: ReadonlyMap<number, ReadonlyMap<bigint, number>>): LedgerReferences[] =>
      [...rows].map(([ledger, each]) => ({
        ledger,
        found: { rows: each, mixed: this.mixed.get(ledger) ?? 0 },
      }));
    return {
      ledgers: table(
        'ledgers',
        [...this.sets].map(([ledger, operations]) => ({ ledger, operations })),
      ),
      transactions: table(
        'transactions',
        [...this.transactions].map(([ledger, operations]) => ({ ledger, operations })),
      ),
      operations: table('operations', refer(this.operations).map(unmixed)),
      others: [
        table('effects', refer(this.effects).map(unmixed)),
        table('contract_events', refer(this.events)),
      ],
    };
  }
}

const unmixed = ({ ledger, found }: LedgerReferences): LedgerReferences => ({
  ledger,
  found: { ...found, mixed: 0 },
});

async function* stream<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

async function check(change: (tables: Tables) => void = () => undefined): Promise<{
  proof: CrossProof;
  faults: string[];
  messages: string[];
}> {
  const tables = new Tables();
  change(tables);
  const { proof, findings } = await crossCheck(tables.input());
  return {
    proof,
    faults: findings.map(({ code, dataset, range }) => `${code} ${dataset} ${range?.start ?? ''}`),
    messages: findings.map(({ message }) => message),
  };
}

describe('tables of the same ledgers', () => {
  it('agree when each operation has a row and each row its transaction', async () => {
    expect(await check()).toEqual({
      proof: { sets: 6, operations: 6, references: { effects: 6, contract_events: 6 } },
      faults: [],
      messages: [],
    });
  });

  it('differ by a missing operation', async () => {
    const { proof, faults, messages } = await check(({ operations }) =>
      operations.get(12)?.delete(toid(12, 2, 2)),
    );
    expect(faults).toEqual(['COUNT_MISMATCH operations 12']);
    expect(messages).toEqual([
      `Transaction ${toid(12, 2, 0)} of ledger 12 has 2 of its 3 operations in operations.`,
    ]);
    expect(proof).toMatchObject({ sets: 6, operations: 5 });
  });

  it('differ by all operations of a ledger, and by the only transaction that has them', async () => {
    expect((await check(({ operations }) => operations.delete(12))).faults).toEqual([
      'COUNT_MISMATCH operations 12',
      'COUNT_MISMATCH operations 12',
    ]);
    const without = await check(({ transactions }) => transactions.get(12)?.delete(toid(12, 1, 0)));
    expect(without.faults).toEqual([
      'COUNT_MISMATCH transactions 12',
      'COUNT_MISMATCH operations 12',
      'REFERENCE_BROKEN contract_events 12',
    ]);
    expect(without.proof).toEqual({
      sets: 5,
      operations: 5,
      references: { effects: 6, contract_events: 5 },
    });
  });

  it('differ by a doubled operation, also when another one is missing', async () => {
    const doubled = (drop: boolean) => (tables: Tables) => {
      tables.operations.get(14)?.set(toid(14, 2, 1), 2);
      if (drop) tables.operations.get(14)?.delete(toid(14, 2, 3));
    };
    expect((await check(doubled(false))).messages).toEqual([
      `Transaction ${toid(14, 2, 0)} of ledger 14 has 3 of its 3 operations in operations, and 1 rows too many.`,
    ]);
    expect((await check(doubled(true))).messages).toEqual([
      `Transaction ${toid(14, 2, 0)} of ledger 14 has 2 of its 3 operations in operations, and 1 rows too many.`,
    ]);
  });

  it('differ by an effect of an unknown transaction, of an unknown operation and of another ledger', async () => {
    const at = async (ledger: number, id: bigint): Promise<string[]> =>
      (await check(({ effects }) => effects.set(ledger, new Map([[id, 4]])))).messages;
    expect(await at(11, toid(11, 3, 1))).toEqual([
      `4 rows of ledger 11 in effects refer to transaction ${toid(11, 3, 0)}, which has no row in that ledger.`,
    ]);
    expect(await at(11, toid(11, 1, 2))).toEqual([
      `4 rows of ledger 11 in effects refer to operation ${toid(11, 1, 2)}; transaction ${toid(11, 1, 0)} has 1 operations.`,
    ]);
    expect(await at(11, toid(10, 1, 1))).toHaveLength(1);
    expect(await at(15, toid(16, 1, 1))).toHaveLength(1);
  });

  it('differ by rows of a ledger without transactions, and by an operation of another transaction', async () => {
    const extra = await check(({ events, effects }) => {
      const sorted = [...events, [13, new Map([[toid(13, 1, 0), 1]])] as const].sort(([a], [b]) => a - b);
      events.clear();
      for (const [ledger, rows] of sorted) events.set(ledger, rows as Map<bigint, number>);
      effects.delete(15);
    });
    expect(extra.faults).toEqual(['REFERENCE_BROKEN contract_events 13']);
    const mixed = await check((tables) => tables.mixed.set(14, 2));
    expect(mixed.messages).toEqual([
      '2 rows of ledger 14 in contract_events have an operation_id that is not of their transaction_id.',
    ]);
  });

  it('are compared only where both answer', async () => {
    const { proof, faults } = await check((tables) => {
      tables.answers = {
        transactions: [{ start: 10, end: 12 }],
        effects: [
          { start: 10, end: 10 },
          { start: 12, end: 15 },
        ],
      };
      for (const ledger of [13, 14, 15]) tables.transactions.delete(ledger);
      tables.effects.delete(11);
    });
    expect(faults).toEqual([]);
    expect(proof).toEqual({ sets: 3, operations: 3, references: { effects: 2, contract_events: 3 } });
  });

  it('give the number of operations without the transactions', async () => {
    const { proof, messages } = await check((tables) => {
      tables.answers = { transactions: [] };
      tables.transactions.clear();
      tables.operations.get(12)?.delete(toid(12, 2, 2));
    });
    expect(messages).toEqual(['Ledger 12 has 3 rows in operations; its tx_set_operation_count is 4.']);
    expect(proof.operations).toBe(0);
  });

  it('name at most a hundred faults', async () => {
    const { faults, messages } = await check(({ effects }) =>
      effects.set(10, new Map(Array.from({ length: 150 }, (_, at) => [toid(10, at + 10, 1), 1]))),
    );
    expect(faults).toHaveLength(101);
    expect(messages.at(-1)).toBe('50 more faults between the tables are not listed.');
  });
});

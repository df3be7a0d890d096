import type { Intervals } from '@parquetry/core';
import { REFERENCE_COLUMNS, type RowValue, stellarRows } from '@parquetry/stellar';
import { type LedgerReferences, crossCheck } from '../../libs/audit/src/crosscheck';
import type { CheckedTable } from '../../libs/audit/src/cursor';
import { REFERRING, groupReferences, transactionCounts } from '../../libs/audit/src/crossrows';
import { SKIPPED } from '../../libs/stellar/src/testing/data';
import { goldenLakes, goldenLedgers } from '../../libs/stellar/src/testing/golden';
import type { LedgerContext, StellarType } from '@parquetry/stellar';

const lakes = goldenLakes();

/** The rows of a table in these columns. */
async function* rowsOf(
  ledgers: readonly LedgerContext[],
  type: StellarType,
  columns: readonly string[],
): AsyncGenerator<readonly (RowValue | undefined)[]> {
  for (const ledger of ledgers)
    for (const row of stellarRows(ledger, type)) yield columns.map((column) => row[column]);
}

(lakes.length > 0 ? describe : describe.skip)(`tables of the lakes with goldens${SKIPPED}`, () => {
  it.each(lakes.map((lake) => [lake.name, lake] as const))('%s: agree with each other', async (_, lake) => {
    const ledgers = await goldenLedgers(lake);
    const answers: Intervals = ledgers.map(({ sequence }) => ({ start: sequence, end: sequence }));
    const references = (name: string): CheckedTable<LedgerReferences> => ({
      name,
      answers,
      rows: groupReferences(
        rowsOf(ledgers, name as StellarType, [
          'ledger_sequence',
          ...(REFERENCE_COLUMNS[name] as readonly string[]),
        ]),
      ),
    });
    const { proof, findings } = await crossCheck({
      ledgers: {
        name: 'ledgers',
        answers,
        rows: (async function* () {
          for await (const [ledger, count] of rowsOf(ledgers, 'ledgers', [
            'sequence',
            'tx_set_operation_count',
          ]))
            yield { ledger: Number(ledger), operations: Number(count) };
        })(),
      },
      transactions: {
        name: 'transactions',
        answers,
        rows: transactionCounts(
          rowsOf(ledgers, 'transactions', ['ledger_sequence', 'id', 'operation_count']),
        ),
      },
      operations: references('operations'),
      others: REFERRING.map(references),
    });
    expect(findings).toEqual([]);
    const count = ledgers.length;
    expect(proof).toEqual({
      sets: count,
      operations: count,
      references: { effects: count, trades: count, contract_events: count, token_transfers: count },
    });
  });
});

import { LedgerContext, type Row, type StellarType } from '@parquetry/stellar';
import { PullProofs } from './proofs';

const LEDGER = 7;
const toid = (transaction: number, operation: number): bigint =>
  (BigInt(LEDGER) << 32n) | BigInt(transaction * 4096 + operation);

/** The rows of a ledger with two transactions, of one and two operations. */
function ledger(): Map<StellarType, Row[]> {
  return new Map<StellarType, Row[]>([
    ['ledgers', [{ tx_set_operation_count: '3' }]],
    [
      'transactions',
      [
        { id: toid(1, 0), operation_count: 1 },
        { id: toid(2, 0), operation_count: 2 },
      ],
    ],
    ['operations', [toid(1, 1), toid(2, 1), toid(2, 2)].map((id) => ({ id, transaction_id: id & ~0xfffn }))],
    ['effects', [{ operation_id: toid(2, 2) }, { operation_id: toid(2, 2) }]],
    ['trades', [{ history_operation_id: toid(1, 1) }]],
    ['contract_events', [{ operation_id: null, transaction_id: toid(1, 0) }]],
    ['token_transfers', [{ operation_id: toid(2, 1), transaction_id: toid(2, 0) }]],
  ]);
}

/** The error of a pull that makes these rows; undefined when they agree. */
function prove(rows: ReadonlyMap<StellarType, readonly Row[]>, ledgers = 1): unknown {
  const proofs = new PullProofs([...rows.keys()]);
  const context = Object.create(LedgerContext.prototype, { sequence: { value: LEDGER } }) as LedgerContext;
  try {
    for (let count = 0; count < ledgers; count++) {
      for (const [type, each] of rows) for (const row of each) proofs.row(type, row, context);
      proofs.closeLedger(context);
    }
  } catch (error) {
    return error;
  }
  expect(proofs.result()).toBeUndefined();
  return undefined;
}

it('accepts rows that agree, ledger after ledger', () => {
  expect(prove(ledger(), 3)).toBeUndefined();
});

it.each<[string, (rows: Map<StellarType, Row[]>) => void, string]>([
  [
    'a transaction',
    (rows) => rows.get('transactions')?.pop(),
    `The 1 transactions of ledger 7 in transactions have 1 operations; the ledger's tx_set_operation_count is 3.`,
  ],
  [
    'an operation',
    (rows) => rows.get('operations')?.pop(),
    `Transaction ${toid(2, 0)} of ledger 7 has 1 of its 2 operations in operations.`,
  ],
  [
    'the transaction of an event',
    (rows) => rows.set('contract_events', [{ operation_id: null, transaction_id: toid(3, 0) }]),
    `1 rows of ledger 7 in contract_events refer to transaction ${toid(3, 0)}, which has no row in that ledger.`,
  ],
  [
    'the operation of an effect',
    (rows) => rows.get('effects')?.push({ operation_id: toid(1, 2) }),
    `1 rows of ledger 7 in effects refer to operation ${toid(1, 2)}; transaction ${toid(1, 0)} has 1 operations.`,
  ],
  [
    'the operation of a transfer in its transaction',
    (rows) => rows.set('token_transfers', [{ operation_id: toid(2, 1), transaction_id: toid(1, 0) }]),
    '1 rows of ledger 7 in token_transfers have an operation_id that is not of their transaction_id.',
  ],
])('fails without %s', (_, change, message) => {
  const rows = ledger();
  change(rows);
  expect(prove(rows)).toMatchObject({ code: 'PROOF_FAILED', message });
});

it('checks nothing that needs tables which are not pulled', () => {
  const rows = ledger();
  rows.delete('transactions');
  rows.get('operations')?.pop();
  expect(prove(rows)).toBeUndefined();
});

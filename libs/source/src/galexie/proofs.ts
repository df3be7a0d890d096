import { type Conservation, ParquetryError } from '@parquetry/core';
import {
  BALANCE_COLUMNS,
  BALANCE_TABLES,
  ConservationCheck,
  type LedgerContext,
  type LedgerHeader,
  REFERENCE_COLUMNS,
  ReferenceCounts,
  type Row,
  type StellarType,
  isBalanceTable,
  lumensChanged,
  nativeContract,
  operationFaults,
  referenceFaults,
  setFault,
} from '@parquetry/stellar';

/** Checks the rows that a pull makes of each ledger, against each other and against the ledgers' headers. */
export class PullProofs {
  private readonly conserves: boolean;
  private readonly conservation = new ConservationCheck();
  private contract: string | undefined;
  private lumens: bigint | undefined = 0n;
  private counts: Map<bigint, number> | undefined;
  private inSet: number | undefined;
  private references = new Map<string, ReferenceCounts>();

  constructor(private readonly types: readonly StellarType[]) {
    this.conserves = BALANCE_TABLES.every((table) => types.includes(table));
    this.begin();
  }

  /** Whether rows of this type are checked. */
  reads(type: StellarType): boolean {
    return (
      type === 'transactions' ||
      type === 'ledgers' ||
      Object.hasOwn(REFERENCE_COLUMNS, type) ||
      (this.conserves && isBalanceTable(type))
    );
  }

  /** Takes a row of the ledger that is being read. */
  row(type: StellarType, row: Row, context: LedgerContext): void {
    if (type === 'ledgers') this.inSet = Number(row['tx_set_operation_count']);
    else if (type === 'transactions') this.counts?.set(row['id'] as bigint, row['operation_count'] as number);
    else if (isBalanceTable(type)) this.balance(type, row, context);
    else {
      const [operation, transaction] = REFERENCE_COLUMNS[type] as [string, string?];
      this.references.get(type)?.add(row[operation], transaction === undefined ? null : row[transaction]);
    }
  }

  private balance(type: keyof typeof BALANCE_COLUMNS, row: Row, context: LedgerContext): void {
    this.contract ??= nativeContract(context.network);
    if (this.lumens === undefined) return;
    const values = BALANCE_COLUMNS[type].map((column) => row[column]);
    const change = lumensChanged(type, values, this.contract);
    this.lumens = change === undefined ? undefined : this.lumens + change;
  }

  /** Takes the header of the ledger before the first, whose rows are not read. */
  before(header: LedgerHeader): void {
    this.conservation.skip(totals(header));
  }

  /** Counts a ledger whose rows can't be made as not checked. */
  unknown(header: LedgerHeader | undefined): void {
    if (header === undefined) this.conservation.miss();
    else this.conservation.check(totals(header), undefined);
  }

  /**
   * Ends a ledger.
   * @throws ParquetryError PROOF_FAILED when its tables do not agree. Lumens that do not add up are counted only.
   */
  closeLedger(context: LedgerContext): void {
    const { sequence } = context;
    const faults: string[] = [];
    if (this.counts !== undefined) {
      const wrong =
        this.inSet === undefined ? undefined : setFault(sequence, this.inSet, this.counts, 'transactions');
      if (wrong !== undefined) faults.push(wrong);
      for (const [type, found] of this.references) {
        const compare = type === 'operations' ? operationFaults : referenceFaults;
        faults.push(...compare(sequence, this.counts, found, type));
      }
    }
    const [first] = faults;
    if (first !== undefined)
      throw new ParquetryError('PROOF_FAILED', first, {
        details: { ledger: sequence, faults: faults.length },
        hint: 'Nothing was committed. Report the ledger: its rows were made by this program.',
      });
    if (this.conserves) {
      this.contract ??= nativeContract(context.network);
      this.conservation.check(totals(context.header), this.lumens);
    }
    this.begin();
  }

  /** What is known about native balances; undefined unless the pull has all tables that show them. */
  result(): Conservation | undefined {
    return this.contract === undefined ? undefined : this.conservation.result(this.contract);
  }

  private begin(): void {
    const { types } = this;
    this.lumens = 0n;
    this.inSet = undefined;
    this.counts = types.includes('transactions') ? new Map() : undefined;
    this.references = new Map(
      types
        .filter((type) => Object.hasOwn(REFERENCE_COLUMNS, type))
        .map((type) => [type, new ReferenceCounts()]),
    );
  }
}

function totals({ ledgerSeq, totalCoins, feePool }: LedgerHeader): {
  ledger: number;
  coins: bigint;
  pool: bigint;
} {
  return { ledger: ledgerSeq, coins: totalCoins, pool: feePool };
}

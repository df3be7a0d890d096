import type { Archive } from '@parquetry/archive';
import { ascending } from './cursor';
import type { CrossProof } from './crosscheck';
import { checkArchiveLumens } from './lumens';
import { crossCheckArchive } from './crossrows';
import { type Anchor, type LedgerResults, type LedgerRow, type RowProof, proveRows } from './prove';
import type { AuditFinding, LumenProof } from './report';
import { type ProofScope, type Table, openTable, tableRows } from './table';

const LEDGERS = ['sequence', 'ledger_hash', 'previous_ledger_hash', 'ledger_header'] as const;
const TRANSACTIONS = ['ledger_sequence', 'transaction_hash', 'tx_result'] as const;

/** What the rows of an archive prove. */
export interface ArchiveProof extends RowProof, CrossProof {
  /** Absent when the archive has no tables with balances. */
  readonly lumens?: LumenProof;
}

/**
 * Proves an archive of Stellar ledgers from its rows: hashes and their chain, then that its tables agree, then native
 * balances. Undefined when
 * it has neither `ledgers` nor `transactions` with the columns of a proof.
 */
export async function proveArchive(
  archive: Archive,
  request: ProofScope & { readonly anchors: readonly Anchor[] },
): Promise<{ proof: ArchiveProof; findings: AuditFinding[] } | undefined> {
  const ledgers = await openTable(archive, 'ledgers', LEDGERS, request);
  const transactions = await openTable(archive, 'transactions', TRANSACTIONS, request);
  if (ledgers.files.length === 0 && transactions.files.length === 0) return undefined;
  const hashes = await proveRows({
    ledgers: ledgerRows(archive, ledgers),
    transactions: resultRows(archive, transactions),
    hasResults: ascending(transactions.answers),
    names: { ledgers: 'ledgers', transactions: 'transactions' },
    anchors: request.anchors,
  });
  const tables = await crossCheckArchive(archive, request);
  const lumens = await checkArchiveLumens(archive, request);
  return {
    proof: {
      ...hashes.proof,
      ...tables.proof,
      ...(lumens === undefined ? {} : { lumens: lumens.proof }),
    },
    findings: [...hashes.findings, ...tables.findings, ...(lumens?.findings ?? [])],
  };
}

async function* ledgerRows(archive: Archive, table: Table): AsyncGenerator<LedgerRow> {
  for await (const [ledger, hash, previousHash, header] of tableRows(archive, table, LEDGERS))
    yield {
      ledger: Number(ledger),
      hash: String(hash),
      previousHash: String(previousHash),
      header: String(header),
    };
}

async function* resultRows(archive: Archive, table: Table): AsyncGenerator<LedgerResults> {
  let current: { ledger: number; results: { hash: string; result: Buffer }[] } | undefined;
  for await (const [ledger, hash, result] of tableRows(archive, table, TRANSACTIONS)) {
    if (current?.ledger !== Number(ledger)) {
      if (current !== undefined) yield current;
      current = { ledger: Number(ledger), results: [] };
    }
    current.results.push({ hash: String(hash), result: Buffer.from(String(result), 'base64') });
  }
  if (current !== undefined) yield current;
}

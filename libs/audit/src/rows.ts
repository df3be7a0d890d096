import type { Archive, LiveFile } from '@parquetry/archive';
import { type Intervals, type LedgerRange, intersectRange, mergeIntervals } from '@parquetry/core';
import type { RegisteredSchema } from '@parquetry/schema';
import { readColumns } from '@parquetry/verify';
import { fileBytes } from './bytes';
import { type Anchor, type LedgerResults, type LedgerRow, type RowProof, proveRows } from './prove';
import type { AuditFinding } from './report';

const LEDGERS = ['sequence', 'ledger_hash', 'previous_ledger_hash', 'ledger_header'] as const;
const TRANSACTIONS = ['ledger_sequence', 'transaction_hash', 'tx_result'] as const;

/** The readable files of a message type over all its majors, and the ledgers that they cover. */
interface Table {
  readonly files: readonly { readonly file: LiveFile; readonly schema: RegisteredSchema }[];
  readonly answers: Intervals;
}

/**
 * Proves `ledgers` (and `transactions` if present) from their rows; undefined when the archive has no table `ledgers`
 * with the required columns. `damaged` has the keys of unreadable files; their ledgers are excluded.
 */
export async function proveArchive(
  archive: Archive,
  request: {
    readonly range?: LedgerRange;
    readonly anchors: readonly Anchor[];
    readonly damaged: ReadonlySet<string>;
  },
): Promise<{ proof: RowProof; findings: AuditFinding[] } | undefined> {
  const ledgers = await openTable(archive, 'ledgers', LEDGERS, request);
  if (ledgers === undefined || ledgers.files.length === 0) return undefined;
  const transactions = await openTable(archive, 'transactions', TRANSACTIONS, request);
  const answers = transactions?.answers ?? [];
  let at = 0;
  return proveRows({
    ledgers: ledgerRows(archive, ledgers),
    transactions: resultRows(archive, transactions),
    // Called in ledger order.
    hasResults: (ledger) => {
      while (at < answers.length && (answers[at]?.end ?? 0) < ledger) at += 1;
      return (answers[at]?.start ?? Number.POSITIVE_INFINITY) <= ledger;
    },
    names: { ledgers: 'ledgers', transactions: 'transactions' },
    anchors: request.anchors,
  });
}

async function openTable(
  archive: Archive,
  messageType: string,
  columns: readonly string[],
  { range, damaged }: { readonly range?: LedgerRange; readonly damaged: ReadonlySet<string> },
): Promise<Table | undefined> {
  const files: { file: LiveFile; schema: RegisteredSchema }[] = [];
  const answers: LedgerRange[] = [];
  const schemas = new Map<string, RegisteredSchema>();
  for (const { dataset } of await archive.majors.list(messageType)) {
    const table = archive.dataset(dataset);
    const snapshot = await table.snapshot();
    if (snapshot.schema === undefined) continue;
    const { subject, version } = snapshot.schema;
    const schema = schemas.get(dataset) ?? (await archive.registry.get(subject, version));
    schemas.set(dataset, schema);
    const names = new Set(schema.schema.fields.map(({ name }) => name));
    if (columns.some((name) => !names.has(name))) return undefined;
    const wanted = snapshot.files.filter(
      (file) =>
        file.range !== undefined && (range === undefined || intersectRange(file.range, range) !== undefined),
    );
    for (const file of wanted) if (!damaged.has(file.key)) files.push({ file, schema });
    let covered = [...snapshot.coverage];
    for (const file of wanted)
      if (damaged.has(file.key) && file.range !== undefined) covered = without(covered, file.range);
    for (const interval of covered) answers.push(interval);
  }
  files.sort((a, b) => (a.file.range?.start ?? 0) - (b.file.range?.start ?? 0));
  return { files, answers: mergeIntervals(answers) };
}

function without(intervals: Intervals, gone: LedgerRange): LedgerRange[] {
  return intervals.flatMap(({ start, end }) => [
    ...(start < gone.start ? [{ start, end: Math.min(end, gone.start - 1) }] : []),
    ...(end > gone.end ? [{ start: Math.max(start, gone.end + 1), end }] : []),
  ]);
}

async function* values(
  archive: Archive,
  { files }: Table,
  columns: readonly string[],
): AsyncGenerator<readonly unknown[]> {
  for (const { file, schema } of files)
    yield* readColumns({
      file: fileBytes(archive.store, file),
      name: file.key,
      schema: schema.schema,
      columns,
    });
}

async function* ledgerRows(archive: Archive, table: Table): AsyncGenerator<LedgerRow> {
  for await (const [ledger, hash, previousHash, header] of values(archive, table, LEDGERS))
    yield {
      ledger: Number(ledger),
      hash: String(hash),
      previousHash: String(previousHash),
      header: String(header),
    };
}

async function* resultRows(archive: Archive, table: Table | undefined): AsyncGenerator<LedgerResults> {
  if (table === undefined) return;
  let current: { ledger: number; results: { hash: string; result: Buffer }[] } | undefined;
  for await (const [ledger, hash, result] of values(archive, table, TRANSACTIONS)) {
    if (current?.ledger !== Number(ledger)) {
      if (current !== undefined) yield current;
      current = { ledger: Number(ledger), results: [] };
    }
    current.results.push({ hash: String(hash), result: Buffer.from(String(result), 'base64') });
  }
  if (current !== undefined) yield current;
}

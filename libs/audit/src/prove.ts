import { createHash } from 'node:crypto';
import {
  type FindingCode,
  type Intervals,
  type LedgerRange,
  isParquetryError,
  mergeIntervals,
} from '@parquetry/core';
import { type LedgerHeader, type ResultPair, readHeader, resultSetHashOf } from '@parquetry/stellar';
import type { AuditFinding } from './report';

/** A ledger from a row of `ledgers`. */
export interface LedgerRow {
  readonly ledger: number;
  /** Hex. */
  readonly hash: string;
  readonly previousHash: string;
  /** LedgerHeader, XDR in base64. */
  readonly header: string;
}

/** The results of a ledger from the rows of `transactions`, in order. */
export interface LedgerResults {
  readonly ledger: number;
  readonly results: readonly ResultPair[];
}

/** A ledger hash from an independent source; it proves all earlier ledgers that the chain connects to it. */
export interface Anchor {
  readonly ledger: number;
  /** Lower-case hex. */
  readonly hash: string;
}

/** What was recomputed from the rows alone. */
export interface RowProof {
  /** Ledgers whose header hashes to `ledger_hash` and follows from the ledger before. */
  readonly headers: number;
  /** Ledgers whose transaction results hash to the header's txSetResultHash. */
  readonly results: number;
  /** Ledgers that an unbroken chain connects to a trusted hash at or after them. */
  readonly anchored: Intervals;
}

/** What `proveRows` reads. */
export interface ProofInput {
  /** In ledger order. */
  readonly ledgers: AsyncIterable<LedgerRow>;
  /** In ledger order; only ledgers that have rows. */
  readonly transactions: AsyncIterable<LedgerResults>;
  /** True for a ledger whose transactions are all in the archive and readable. */
  readonly hasResults: (ledger: number) => boolean;
  /** Names of the two datasets, for findings. */
  readonly names: { readonly ledgers: string; readonly transactions: string };
  readonly anchors: readonly Anchor[];
}

/** Most findings listed; a swapped table would give one per ledger. */
const MAX_FINDINGS = 100;

/**
 * Recomputes the chain from the rows alone: sha256 of each header is its `ledger_hash`, the header is of that ledger,
 * its previous-ledger hash is the hash of the row before, and the results of the ledger's transactions hash to its
 * txSetResultHash. One ledger of each table is in memory at a time.
 */
export async function proveRows(input: ProofInput): Promise<{ proof: RowProof; findings: AuditFinding[] }> {
  const findings: AuditFinding[] = [];
  let more = 0;
  const fault = (dataset: string, ledger: number, code: FindingCode, message: string): void => {
    if (findings.length >= MAX_FINDINGS) more += 1;
    else findings.push({ code, fault: true, dataset, range: { start: ledger, end: ledger }, message });
  };
  const anchors = new Map(input.anchors.map(({ ledger, hash }) => [ledger, hash]));
  const anchored: LedgerRange[] = [];
  const transactions = input.transactions[Symbol.asyncIterator]();
  let pending = await transactions.next();
  let before: LedgerRow | undefined;
  let unbroken: number | undefined;
  let headers = 0;
  let results = 0;
  for await (const row of input.ledgers) {
    const { ledger } = row;
    const bytes = Buffer.from(row.header, 'base64');
    const bad = (code: FindingCode, message: string): void => {
      unbroken = undefined;
      fault(input.names.ledgers, ledger, code, message);
    };
    if (before === undefined || before.ledger + 1 !== ledger || unbroken === undefined) unbroken = ledger;
    const header = headerFault(row, bytes, before);
    if (header.fault === undefined) headers += 1;
    else bad(...header.fault);
    const trusted = anchors.get(ledger);
    if (trusted !== undefined) {
      anchors.delete(ledger);
      if (trusted !== row.hash)
        bad('TRUST_MISMATCH', `Ledger ${ledger} has the hash ${row.hash}; the trusted one is ${trusted}.`);
      else if (unbroken !== undefined) anchored.push({ start: unbroken, end: ledger });
    }
    for (; pending.done !== true && pending.value.ledger < ledger; pending = await transactions.next());
    if (header.results !== undefined && input.hasResults(ledger)) {
      const rows = pending.done !== true && pending.value.ledger === ledger ? pending.value.results : [];
      const hash = resultSetHashOf(rows);
      if (hash === header.results) results += 1;
      else
        fault(
          input.names.transactions,
          ledger,
          'HASH_MISMATCH',
          `The ${rows.length} results of ledger ${ledger} in ${input.names.transactions} hash to ${hash}; its header says ${header.results}: a transaction is missing, added, changed or out of order.`,
        );
    }
    before = row;
  }
  await transactions.return?.();
  for (const [ledger, hash] of anchors)
    fault(
      input.names.ledgers,
      ledger,
      'TRUST_MISSING',
      `Ledger ${ledger}, whose hash ${hash} is trusted, has no row.`,
    );
  if (more > 0)
    findings.push({
      code: 'HASH_MISMATCH',
      fault: true,
      dataset: input.names.ledgers,
      message: `${more} more ledgers fail their proof.`,
    });
  return { proof: { headers, results, anchored: mergeIntervals(anchored) }, findings };
}

function headerFault(
  row: LedgerRow,
  bytes: Buffer,
  before: LedgerRow | undefined,
): { readonly fault?: readonly [FindingCode, string]; readonly results?: string } {
  const { ledger } = row;
  const hash = createHash('sha256').update(bytes).digest('hex');
  if (hash !== row.hash)
    return {
      fault: ['HASH_MISMATCH', `The header of ledger ${ledger} hashes to ${hash}; its row says ${row.hash}.`],
    };
  let header: LedgerHeader;
  try {
    header = readHeader(bytes, `The header in the row of ledger ${ledger}`);
  } catch (error) {
    if (!isParquetryError(error)) throw error;
    return { fault: ['HASH_MISMATCH', error.message] };
  }
  const results = hex(header.txSetResultHash);
  const previous = hex(header.previousLedgerHash);
  if (header.ledgerSeq !== ledger)
    return {
      fault: ['HASH_MISMATCH', `The header in the row of ledger ${ledger} is of ledger ${header.ledgerSeq}.`],
    };
  if (previous !== row.previousHash)
    return {
      fault: [
        'HASH_MISMATCH',
        `Ledger ${ledger} has the previous hash ${row.previousHash} in its row and ${previous} in its header.`,
      ],
      results,
    };
  if (before !== undefined && before.ledger + 1 === ledger && before.hash !== previous)
    return {
      fault: [
        'CHAIN_BROKEN',
        `Ledger ${ledger} says that ledger ${before.ledger} has the hash ${previous}; its row has ${before.hash}.`,
      ],
      results,
    };
  return { results };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

import type { LedgerRange } from '@parquetry/core';
import { type DecodedFile, decodeColumn } from './decode';
import type { FileExpectation } from './expectation';
import type { Checker } from './fault';

/**
 * Decodes the ledger column and compares the rows of each ledger with what the pull counted, in ascending order.
 * @throws ParquetryError VERIFY_MISMATCH, FILE_CORRUPT
 */
export async function checkLedgers(
  check: Checker,
  file: DecodedFile,
  expected: FileExpectation,
): Promise<LedgerRange> {
  const { ledgerColumn } = file.schema;
  const found: { ledger: number; rows: number }[] = [];
  let last: { ledger: number; rows: number } | undefined;
  let lastValue: unknown;
  for await (const parts of decodeColumn(check, file, ledgerColumn))
    for (const part of parts)
      for (const value of part as ArrayLike<unknown> & Iterable<unknown>) {
        if (last !== undefined && value === lastValue) {
          last.rows += 1;
          continue;
        }
        lastValue = value;
        // int64 columns (signed integer style) decode as bigint.
        const ledger = typeof value === 'bigint' ? Number(value) : value;
        if (typeof ledger !== 'number')
          check.mismatch(`a value of ${ledgerColumn}`, 'a ledger', String(value));
        if (last !== undefined && ledger < last.ledger)
          check.mismatch('the order of ledgers', `at least ${last.ledger}`, ledger);
        last = { ledger, rows: 1 };
        found.push(last);
      }
  const count = Math.max(found.length, expected.ledgers.length);
  for (let index = 0; index < count; index++) {
    const [want, got] = [expected.ledgers[index], found[index]];
    check.same(`ledger ${index + 1} of the file`, want?.ledger, got?.ledger);
    check.same(`the number of rows of ledger ${want?.ledger}`, want?.rows, got?.rows);
  }
  const { start, end } = expected.range;
  const first = found[0]?.ledger ?? start;
  const final = last?.ledger ?? first;
  if (first < start || final > end)
    check.mismatch('the range of ledgers', `${start}-${end}`, `${first}-${final}`);
  return { start: first, end: final };
}

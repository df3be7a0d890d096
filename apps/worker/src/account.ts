import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { ParquetryError, type Reject, type RejectSummary } from '@parquetry/core';
import type { StagedFiles } from './files';

/**
 * Checks input = rows + rejects for each ledger of a staged dataset, and that the rejects file has exactly those rejects,
 * each with its reason, position and text, or counted in a summary.
 * @throws ParquetryError VERIFY_MISMATCH
 */
export async function checkAccount(stage: StagedFiles): Promise<void> {
  const { dataset, messages, rows, rejected, ledgers, rejectedLedgers } = stage.staged;
  const same = (what: string, expected: number, found: number): void => {
    if (expected === found) return;
    throw new ParquetryError(
      'VERIFY_MISMATCH',
      `${dataset}: ${what} should be ${expected}, found ${found}.`,
      {
        details: { dataset, expected, found },
      },
    );
  };
  same('rows and rejects of all messages', messages, rows + rejected);
  same(
    'rows of all ledgers',
    rows,
    ledgers.reduce((sum, ledger) => sum + ledger.rows, 0),
  );
  same(
    'rejects of all ledgers',
    rejected,
    rejectedLedgers.reduce((sum, ledger) => sum + ledger.rejected, 0),
  );
  if (rejected === 0) return;
  const { kept, counted } = await readRejects(stage);
  const expected = new Map(rejectedLedgers.map((entry) => [entry.ledger, entry.rejected]));
  for (const ledger of new Set([...expected.keys(), ...kept.keys()])) {
    const want = expected.get(ledger) ?? 0;
    const found = kept.get(ledger) ?? 0;
    // Summaries don't list their rejects by ledger: only without any has the file all of each ledger.
    if (counted === 0 || found > want) same(`rejects kept of ledger ${ledger}`, want, found);
  }
  same(
    'rejects kept and counted',
    rejected,
    [...kept.values()].reduce((sum, count) => sum + count, counted),
  );
}

/** Whole rejects by ledger, and how many messages the summaries account for. */
async function readRejects(
  stage: StagedFiles,
): Promise<{ kept: ReadonlyMap<number, number>; counted: number }> {
  const kept = new Map<number, number>();
  let counted = 0;
  const lines = createInterface({ input: createReadStream(stage.rejectsFile), crlfDelay: Infinity });
  for await (const text of lines) {
    const line = JSON.parse(text) as Partial<Reject> & Partial<RejectSummary>;
    const { code, reason, ledger, position } = line;
    if (code === undefined || reason === undefined || position === undefined || ledger === undefined)
      continue;
    if (line.count !== undefined && line.first !== undefined && line.last !== undefined)
      counted += line.count;
    else if ((line.raw ?? line.raw_base64) !== undefined) kept.set(ledger, (kept.get(ledger) ?? 0) + 1);
  }
  return { kept, counted };
}

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { ParquetryError, type Reject } from '@parquetry/core';
import type { StagedFiles } from './files';

/**
 * In = out + rejected, for each ledger of a staged dataset: the messages counted are its rows and its rejects, and the
 * rejects file has just those rejects, each with its reason, place and text.
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
  const kept = await countRejects(stage);
  for (const { ledger, rejected: expected } of rejectedLedgers)
    same(`rejects kept of ledger ${ledger}`, expected, kept.get(ledger) ?? 0);
  same(
    'rejects kept',
    rejected,
    [...kept.values()].reduce((sum, count) => sum + count, 0),
  );
}

async function countRejects(stage: StagedFiles): Promise<Map<number, number>> {
  const kept = new Map<number, number>();
  const lines = createInterface({ input: createReadStream(stage.rejectsFile), crlfDelay: Infinity });
  for await (const line of lines) {
    const { code, reason, ledger, position, raw, raw_base64 } = JSON.parse(line) as Partial<Reject>;
    const whole =
      code !== undefined &&
      reason !== undefined &&
      position !== undefined &&
      (raw ?? raw_base64) !== undefined;
    if (whole && ledger !== undefined) kept.set(ledger, (kept.get(ledger) ?? 0) + 1);
  }
  return kept;
}

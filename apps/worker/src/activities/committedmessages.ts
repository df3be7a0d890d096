import { type Archive, splitByMajor } from '@parquetry/archive';
import { type LedgerRange, intersectRange } from '@parquetry/core';

/**
 * The number of messages, rows and rejects together, that the archive has of each ledger of a range, by message type.
 * A tail compares them with what it reads: only what is more came too late.
 */
export async function committedMessages(
  archive: Archive,
  messageTypes: Iterable<string>,
  range: LedgerRange,
): Promise<Map<string, Map<number, number>>> {
  const found = new Map<string, Map<number, number>>();
  for (const messageType of messageTypes) {
    const counts = new Map<number, number>();
    const add = (ledger: number, messages: number): void =>
      void counts.set(ledger, (counts.get(ledger) ?? 0) + messages);
    for (const { dataset: name } of splitByMajor(await archive.majors.list(messageType), range)) {
      const dataset = archive.dataset(name);
      for (const segment of (await dataset.snapshot()).segments) {
        if (intersectRange(segment.range, range) === undefined) continue;
        const { identity } = await dataset.segment(segment.id);
        for (const { ledger, rows } of identity.ledgers) add(ledger, rows);
        for (const { ledger, rejected } of identity.rejectedLedgers) add(ledger, rejected);
      }
    }
    found.set(messageType, counts);
  }
  return found;
}

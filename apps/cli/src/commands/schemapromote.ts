import { promote } from '@parquetry/archive';
import { formatRange } from '@parquetry/core';
import { openArchive } from '../archive';
import type { Output } from '../output';

/** `parquetry schema promote TYPE --from LEDGER`: a new major of a message type, for all ledgers from one on. */
export async function schemaPromote(
  root: string,
  messageType: string,
  from: number,
  output: Output,
): Promise<number> {
  const { archive } = await openArchive(root);
  const { outcome, major, before } = await promote(archive, messageType, from);
  output.say(
    outcome === 'created'
      ? `${major.dataset} takes ledgers from ${from} on; ${before.dataset} keeps ${formatRange(before.range)}.`
      : `${major.dataset} takes ledgers from ${from} on already; nothing was changed.`,
  );
  output.say('Runs that are planned from now on write each ledger to its major.');
  output.document({ outcome, major, before });
  return 0;
}

import { MAX_LEDGER, formatRange } from '@parquetry/core';
import type { Define } from '../cli';
import type { Output } from '../output';
import { wholeNumber } from '../parsers';

interface Options {
  readonly archive: string;
  readonly from: number;
}

/** `parquetry schema promote` */
export const define: Define = ({ command, output, run }) =>
  command('promote', 'start a new major of a message type, after a breaking change')
    .argument('<type>', 'message type')
    .settings(['archive', 'region'], { required: ['archive'] })
    .requiredOption('--from <ledger>', 'first ledger of the new major', wholeNumber(2, MAX_LEDGER))
    .writes()
    .example('parquetry schema promote payment --from 500000 --archive ./archive')
    .action((type: string, options: Options) => run(() => schemaPromote(type, options, output)));

async function schemaPromote(
  messageType: string,
  { archive: root, from }: Options,
  output: Output,
): Promise<number> {
  const { promote } = require('@parquetry/archive') as typeof import('@parquetry/archive');
  const { openArchive } = require('../archive') as typeof import('../archive');
  const { archive } = await openArchive(root);
  const { outcome, major, before } = await promote(archive, messageType, from);
  output.say(
    outcome === 'created'
      ? `${major.dataset} has ledgers from ${from}; ${before.dataset} keeps ${formatRange(before.range)}.`
      : `${major.dataset} already has ledgers from ${from}; nothing was changed.`,
  );
  output.say('Runs planned from now on write each ledger to its major.');
  output.document({ outcome, major, before });
  return 0;
}

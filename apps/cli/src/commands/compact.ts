import { createHash } from 'node:crypto';
import type { Archive } from '@parquetry/archive';
import { type LedgerRange, formatRange } from '@parquetry/core';
import type { CompactInput, CompactProgress } from '@parquetry/workflows';
import type { Define } from '../cli';
import type { CompactOptions } from '../compactoptions';
import type { Output } from '../output';
import { typeNames } from '../parsers';
import { WORKER_SETTINGS } from '../workeroptions';

interface Options extends CompactOptions {
  readonly ledgers?: string;
}

/** `parquetry compact` */
export const define: Define = ({ command, output, run }) =>
  command('compact', 'merge small segments into larger ones, in one commit each', 'Maintain')
    .settings(
      [
        'archive',
        'types',
        'ledgers',
        'partition-size',
        'target-size',
        'verify',
        'keep-replaced',
        'region',
        ...WORKER_SETTINGS,
      ],
      {
        required: ['archive'],
        docs: {
          types: 'only these datasets, separated by commas (default: all)',
          ledgers: 'only segments inside these ledgers',
        },
      },
    )
    .writes()
    .example('parquetry compact --archive ./archive --target-size 256MB')
    .action((options: Options) => run(() => compact(options, output)));

/** Compacts each range, or the whole archive. */
async function compact(options: Options, output: Output): Promise<number> {
  if (options.ledgers === undefined) return compactRange(options, undefined, output);
  const { openArchive } = require('../archive') as typeof import('../archive');
  const { archiveRanges } = require('../archiveledgers') as typeof import('../archiveledgers');
  const { eachRange } = require('../eachrange') as typeof import('../eachrange');
  const datasets = options.types === undefined ? undefined : typeNames(options.types);
  const open = async (): Promise<Archive> => (await openArchive(options.archive)).archive;
  const ranges = await archiveRanges(open, options.ledgers, output, datasets && { datasets });
  return eachRange(ranges ?? [], output, (range, to) => compactRange(options, range, to));
}

/** Starts or joins a compaction, and waits for its end. */
function compactRange(options: Options, range: LedgerRange | undefined, output: Output): Promise<number> {
  const { runToEnd } = require('../runtoend') as typeof import('../runtoend');
  const input = compactInput(options, range);
  const hash = createHash('sha256').update(JSON.stringify(input)).digest('hex').slice(0, 12);
  const ledgers = range === undefined ? '' : ` · ledgers ${formatRange(range)}`;
  return runToEnd<CompactProgress>(
    {
      type: 'compact',
      id: `compact/${hash}`,
      input,
      summary: `compact ${options.types ?? 'all datasets'}${ledgers}`,
      what: 'Compaction',
    },
    options,
    output,
    (done) =>
      output.say(
        done.groups === 0
          ? 'Nothing to compact: no full partition has several segments.'
          : `${done.segments} segments became ${done.groups}, ${done.filesBefore} files became ${done.filesAfter}; ${done.rows} rows.`,
      ),
  );
}

function compactInput(options: Options, range: LedgerRange | undefined): CompactInput {
  const { archiveRoot } = require('../runspec') as typeof import('../runspec');
  const { compactSettings } = require('../compactoptions') as typeof import('../compactoptions');
  const { types } = options;
  return {
    archive: archiveRoot(options.archive),
    ...compactSettings(options),
    ...(types === undefined ? {} : { datasets: typeNames(types) }),
    ...(range === undefined ? {} : { range }),
  };
}

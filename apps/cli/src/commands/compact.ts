import { createHash } from 'node:crypto';
import type { Archive } from '@parquetry/archive';
import { type LedgerRange, ParquetryError, formatRange } from '@parquetry/core';
import type { CompactInput, CompactProgress, VerifyLevel } from '@parquetry/workflows';
import type { Define } from '../cli';
import type { Output } from '../output';
import { typeNames } from '../parsers';
import { WORKER_SETTINGS, type WorkerOptions } from '../workeroptions';

interface Options extends WorkerOptions {
  readonly archive: string;
  readonly types?: string;
  readonly ledgers?: string;
  readonly partitionSize: number;
  /** Bytes. */
  readonly targetSize?: number;
  readonly verify: VerifyLevel;
  readonly keepReplaced?: boolean;
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
  const { types, targetSize } = options;
  if (targetSize !== undefined && targetSize < 1)
    throw new ParquetryError('USAGE', '--target-size must be at least one byte.');
  return {
    archive: archiveRoot(options.archive),
    partitionSize: options.partitionSize,
    verify: options.verify,
    ...(types === undefined ? {} : { datasets: typeNames(types) }),
    ...(range === undefined ? {} : { range }),
    ...(targetSize === undefined ? {} : { targetBytes: targetSize }),
    ...(options.keepReplaced === true ? { keepReplaced: true } : {}),
  };
}

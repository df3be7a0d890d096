import type { Archive } from '@parquetry/archive';
import { ParquetryError } from '@parquetry/core';
import type { Define } from '../cli';
import { type Output, formatBytes, formatCount } from '../output';
import { TEMPORAL_SETTINGS } from '../workeroptions';

interface Options {
  readonly archive: string;
  readonly out: string;
  readonly ledgers?: string;
  readonly targetSize?: number;
  readonly region?: string;
}

/** `parquetry report` */
export const define: Define = ({ command, output, run }) =>
  command('report', 'write a page about an archive: coverage, sizes, schemas, proofs, rejects, runs', 'Look')
    .settings(['archive', 'ledgers', 'region', 'target-size', ...TEMPORAL_SETTINGS], {
      required: ['archive'],
      docs: {
        ledgers: 'show only these ledgers',
        'target-size': 'size that files should have, marked in the chart of file sizes (default: 128 MiB)',
      },
    })
    .option('--out <file>', 'the HTML file to write', 'report.html')
    .example('parquetry report --archive ./archive --out report.html')
    .action((options: Options) => run(() => report(options, output)));

/** Writes one HTML file that needs no network. */
async function report(options: Options, output: Output): Promise<number> {
  const { staticPage } = require('@parquetry/report') as typeof import('@parquetry/report');
  const { replaceFile } = require('@parquetry/system') as typeof import('@parquetry/system');
  const { openArchive } = require('../archive') as typeof import('../archive');
  const { archiveSpan } = require('../archiveledgers') as typeof import('../archiveledgers');
  const { readReport } = require('../report/read') as typeof import('../report/read');
  const open = async (): Promise<Archive> => (await openArchive(options.archive)).archive;
  const ledgers = await archiveSpan(open, options.ledgers, output);
  const data = await readReport({
    root: options.archive,
    ...(ledgers === undefined ? {} : { ledgers }),
    ...(options.targetSize === undefined ? {} : { targetSize: options.targetSize }),
    ...(options.region === undefined ? {} : { region: options.region }),
  });
  const page = staticPage(data);
  await replaceFile(options.out, page).catch((cause: unknown) => {
    throw new ParquetryError(
      'CONFIG_INVALID',
      `${options.out} can't be written: ${(cause as Error).message}.`,
      {
        cause,
        hint: '--out needs a file in a folder that exists.',
      },
    );
  });
  const { datasets, work, moreWork, temporal } = data;
  const bytes = Buffer.byteLength(page);
  const gaps = work.filter(({ kind }) => kind === 'gap').length;
  if ('unavailable' in temporal) output.note(`Without runs. ${temporal.unavailable}`);
  output.say(
    `${options.out}: ${formatCount(datasets.length)} datasets, ${formatCount(work.length + moreWork)} gaps and parked partitions; ${formatBytes(bytes)}.`,
  );
  output.document({
    out: options.out,
    bytes,
    datasets: datasets.length,
    gaps,
    parked: work.length - gaps,
    moreWork,
  });
  return 0;
}

import type { Archive } from '@parquetry/archive';
import type { Define } from '../cli';
import type { Output } from '../output';
import { collect } from '../parsers';
import { TEMPORAL_SETTINGS } from '../workeroptions';

interface Options {
  readonly archive: string;
  readonly dataset?: readonly string[];
  readonly ledgers?: string;
  readonly region?: string;
}

/** Gaps that are listed below the map; `--json` has more. */
const LISTED = 10;

/** Width where the output is not a terminal. */
const WIDTH = 80;

/** `parquetry coverage` */
export const define: Define = ({ command, output, run }) =>
  command('coverage', 'draw which ledgers an archive has, and the commands that fill its gaps', 'Look')
    .settings(['archive', 'ledgers', 'region', ...TEMPORAL_SETTINGS], {
      required: ['archive'],
      docs: { ledgers: 'draw only these ledgers' },
    })
    .option('--dataset <name>', 'only this dataset; repeatable', collect)
    .example('parquetry coverage --archive ./archive')
    .action((options: Options) => run(() => coverage(options, output)));

/** Reads the commit log and the records, and asks Temporal if it runs. Writes nothing. */
async function coverage(options: Options, output: Output): Promise<number> {
  const { openArchive } = require('../archive') as typeof import('../archive');
  const { archiveSpan } = require('../archiveledgers') as typeof import('../archiveledgers');
  const { readReport } = require('../report/read') as typeof import('../report/read');
  const { mapLines, workLines } = require('../report/map') as typeof import('../report/map');
  const open = async (): Promise<Archive> => (await openArchive(options.archive)).archive;
  const ledgers = await archiveSpan(open, options.ledgers, output);
  const data = await readReport({
    root: options.archive,
    ...(ledgers === undefined ? {} : { ledgers }),
    ...(options.dataset === undefined ? {} : { datasets: options.dataset }),
    ...(options.region === undefined ? {} : { region: options.region }),
  });
  const { columns = WIDTH } = process.stdout;
  for (const line of mapLines(data, columns, hasColours())) output.say(line);
  const work = workLines(data, LISTED);
  if (work.length > 0) output.say();
  for (const line of work) output.say(line);
  if ('unavailable' in data.temporal)
    output.note(`Without running and parked partitions. ${data.temporal.unavailable}`);
  const { version, range, datasets, moreDatasets, work: items, moreWork, temporal } = data;
  output.document({
    version,
    range,
    datasets: datasets.map(({ name, wanted, ledgers, runs, cell, rows, bytes, files }) => ({
      dataset: name,
      wanted,
      ledgers,
      rows,
      bytes,
      files,
      spans: spansOf(runs, range?.start ?? 1),
      cell,
    })),
    moreDatasets,
    work: items,
    moreWork,
    temporal:
      'unavailable' in temporal ? temporal : { address: temporal.address, namespace: temporal.namespace },
  });
  return 0;
}

function spansOf(runs: readonly number[], start: number): object[] {
  const { decodeRuns } = require('@parquetry/report') as typeof import('@parquetry/report');
  return decodeRuns(runs, start).map(({ start: first, end, state }) => ({ start: first, end, state }));
}

/** On a terminal that is not told to be plain (https://no-color.org). */
function hasColours(): boolean {
  const { NO_COLOR = '', TERM } = process.env;
  return process.stdout.isTTY && NO_COLOR === '' && TERM !== 'dumb';
}

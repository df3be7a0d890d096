import type { RestoredLog } from '@parquetry/archive';
import type { Define } from '../cli';
import { type Output, counted } from '../output';
import { collect } from '../parsers';

interface Options {
  readonly archive: string;
  readonly dataset?: readonly string[];
  readonly dryRun?: boolean;
  readonly exclude?: readonly string[];
  readonly adopt?: boolean;
}

/** Commits that are listed for people; `--json` has all. */
const LISTED = 10;

/** `parquetry restore` */
export const define: Define = ({ command, output, run }) =>
  command('restore', 'write damaged or lost Delta logs again from the segment records', 'Maintain')
    .settings(['archive', 'region', 'dry-run'], {
      required: ['archive'],
      docs: { 'dry-run': 'print what is damaged and what would be written, and write nothing' },
    })
    .option('--dataset <name>', 'only this dataset; repeatable (default: all)', collect)
    .option(
      '--exclude <segment>',
      'ignore this segment: it was not committed, or was replaced; repeatable',
      collect,
    )
    .option('--adopt', 'also commit recorded segments that no commit names: the newest commits are lost')
    .example('parquetry restore --archive ./archive --dry-run')
    .action((options: Options) => run(() => restore(options, output)));

/** Restores each log that is damaged; exit 1 if one can't be, after the others. */
async function restore(options: Options, output: Output): Promise<number> {
  const { recordedDatasets, restoreLog } =
    require('@parquetry/archive') as typeof import('@parquetry/archive');
  const { isParquetryError } = require('@parquetry/core') as typeof import('@parquetry/core');
  const { withWritable } = require('../checkpoints') as typeof import('../checkpoints');
  const { knownDatasets } = require('../datasets') as typeof import('../datasets');
  const { dryRun = false, exclude, adopt } = options;
  return withWritable(options.archive, undefined, async ({ archive }) => {
    const logs: RestoredLog[] = [];
    let failure: unknown;
    for (const dataset of knownDatasets(await recordedDatasets(archive), options.dataset)) {
      try {
        const log = await restoreLog(archive, dataset, {
          dryRun,
          ...(exclude === undefined ? {} : { exclude }),
          ...(adopt === undefined ? {} : { adopt }),
          onRestored: () => renewIceberg(archive, dataset, output),
        });
        logs.push(log);
        say(log, output);
      } catch (error) {
        if (!isParquetryError(error)) throw error;
        if (failure !== undefined) output.note(`error ${error.code}: ${error.message}`);
        failure ??= error;
      }
    }
    if (failure !== undefined) return output.fail(failure, { datasets: logs });
    if (logs.every(({ outcome }) => outcome === 'whole'))
      output.say('Every log is whole; nothing to restore.');
    else if (dryRun) output.say('Nothing was written. Without --dry-run, the logs are restored.');
    else output.say('Restored. `parquetry verify --deep` reads everything back.');
    output.document({ dryRun, datasets: logs });
    return 0;
  });
}

/** Iceberg metadata follows the commits one by one, so it is made again from the restored ones. */
async function renewIceberg(
  archive: import('@parquetry/archive').Archive,
  dataset: string,
  output: Output,
): Promise<void> {
  const { hasIceberg } = require('@parquetry/iceberg') as typeof import('@parquetry/iceberg');
  if (!(await hasIceberg(archive, dataset))) return;
  const { syncTables } = require('./icebergsync') as typeof import('./icebergsync');
  await syncTables(archive, { dataset, rebuild: true });
  output.say(`${dataset}: the Iceberg table was made again.`);
}

function say(log: RestoredLog, output: Output): void {
  const { dataset, outcome, damaged, commits, left, kept, damagedRecords } = log;
  for (const { key, why } of damaged) output.say(`damaged ${key}: ${why}`);
  for (const { version, segment } of commits.slice(0, LISTED))
    output.say(
      `${dataset}: commit ${version}: ${segment === undefined ? 'corrects the coverage' : `segment ${segment}`}`,
    );
  if (commits.length > LISTED)
    output.say(`${dataset}: and ${counted(commits.length - LISTED, 'commit')} more`);
  for (const { id, why } of left.slice(0, LISTED))
    output.say(`note ${dataset}: segment ${id} is not committed: ${why}`);
  if (left.length > LISTED)
    output.say(`note ${dataset}: and ${counted(left.length - LISTED, 'segment')} more`);
  for (const id of damagedRecords) output.say(`damaged record of segment ${id} of ${dataset}`);
  for (const key of kept) output.say(`kept ${key}`);
  if (outcome !== 'whole') output.say(`${dataset}: ${outcome}, ${counted(commits.length, 'commit')}.`);
}

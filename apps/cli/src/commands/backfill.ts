import { ParquetryError } from '@parquetry/core';
import type { Define } from '../cli';
import type { Output } from '../output';
import { type BackfillOptions, MODE_SETTINGS, REQUIRED, RUN_SETTINGS } from '../runoptions';
import { WORKER_SETTINGS, type WorkerOptions, type WorkerSettings, workerSettings } from '../workeroptions';
import { plan } from './plan';

interface Options extends BackfillOptions, WorkerOptions {
  readonly dryRun?: boolean;
}

/** `parquetry backfill` */
export const define: Define = ({ command, output, run }) =>
  command('backfill', 'write a range of ledgers to an archive', 'Run')
    .settings([...RUN_SETTINGS, ...MODE_SETTINGS, 'dry-run', ...WORKER_SETTINGS], {
      required: REQUIRED,
      docs: { 'dry-run': 'print the plan and write nothing, as `parquetry plan`' },
    })
    .optionsGroup('Run:')
    .option('--detach', 'start the run and return; needs `parquetry dev` or a configured cluster')
    .option('--id <workflow>', 'id of the run (default: made from range and settings)')
    .example('parquetry backfill --source galexie:./lake --archive ./archive --ledgers 426000-426100')
    .action((options: Options) =>
      run(() => {
        if (options.rotationIntervalMinutes !== undefined)
          output.note(
            'rotation_interval_minutes is for tails; the files of a backfill depend on their content alone.',
          );
        return options.dryRun === true
          ? plan(options, output)
          : backfill(options, workerSettings(options), output);
      }),
    );

/** Starts a run for each range, or continues it, and follows it to its end; `demo` uses it too. */
export async function backfill(
  options: BackfillOptions & { readonly detach?: boolean; readonly id?: string },
  settings: WorkerSettings,
  output: Output,
): Promise<number> {
  const { backfillInput, runRanges } = require('../runspec') as typeof import('../runspec');
  const { startRun } = require('../startrun') as typeof import('../startrun');
  const { eachRange } = require('../eachrange') as typeof import('../eachrange');
  const ranges = await runRanges(options, output);
  if (options.id !== undefined && ranges.length > 1)
    throw new ParquetryError('USAGE', `--id names one run, and the ledgers are ${ranges.length} ranges.`, {
      hint: 'Omit --id, or give one range.',
    });
  return eachRange(ranges, output, (range, to) =>
    startRun(backfillInput(options, range), options, settings, to),
  );
}

import { ParquetryError } from '@parquetry/core';
import type { ScheduledInput } from '@parquetry/workflows';
import type { ScheduleOverlapPolicy } from '@temporalio/client';
import type { Define } from '../cli';
import type { Output } from '../output';
import { type BackfillOptions, RUN_SETTINGS } from '../runoptions';
import { TEMPORAL_SETTINGS } from '../workeroptions';

interface Options extends Omit<BackfillOptions, 'ledgers'> {
  readonly cron?: string;
  /** Seconds. */
  readonly every?: number;
  readonly lag: number;
  readonly maxLedgers: number;
  readonly from: number | string;
  readonly overlap: ScheduleOverlapPolicy;
  /** Seconds. */
  readonly catchUp: number;
  readonly paused?: boolean;
}

/** When the runs of a schedule start, and which ledgers they write. */
const SCHEDULE_SETTINGS = [
  ...TEMPORAL_SETTINGS,
  'cron',
  'every',
  'lag',
  'max-ledgers',
  'from',
  'overlap',
  'catch-up',
  'paused',
];

/** `parquetry schedule create` */
export const define: Define = ({ command, output, run }) =>
  command('create', 'create a schedule: each run writes the ledgers after the last committed one')
    .argument('<name>', 'name of the schedule')
    .settings([...RUN_SETTINGS.filter((name) => name !== 'ledgers'), ...SCHEDULE_SETTINGS], {
      required: ['archive', 'source'],
      docs: {
        'on-failure': 'fail (and pause the schedule) or park',
        from: 'first ledger of a new archive or message type',
      },
      defaults: { 'on-failure': 'fail' },
    })
    .writes()
    .example(
      'parquetry schedule create nightly --source galexie:./lake --archive ./archive --cron "0 3 * * *"',
    )
    .action((name: string, options: Options) => run(() => scheduleCreate(name, options, output)));

/** Creates a Temporal schedule of backfills. A run determines its range when it starts. */
async function scheduleCreate(name: string, options: Options, output: Output): Promise<number> {
  const { createSchedule } = require('../schedules') as typeof import('../schedules');
  const { cron, every } = options;
  if ((cron === undefined) === (every === undefined))
    throw new ParquetryError('USAGE', 'Give --cron "0 3 * * *" or --every 6h; one of the two.');
  const input = await scheduledInput(options, output);
  return createSchedule(
    name,
    {
      spec:
        every === undefined ? { cronExpressions: [cron ?? ''] } : { intervals: [{ every: every * 1000 }] },
      workflowType: 'scheduled',
      workflowId: `scheduled/${name}`,
      input,
      summary: `schedule ${name}: ${input.spec.types?.join(', ') ?? 'all message types'}`,
      policies: {
        overlap: options.overlap,
        catchupWindow: options.catchUp * 1000,
        // Pause: a run fails only after all its retries, and the next run would fail for the same ledgers.
        pauseOnFailure: input.onFailure === 'fail',
      },
      state: { paused: options.paused ?? false },
    },
    output,
  );
}

async function scheduledInput(options: Options, output: Output): Promise<ScheduledInput> {
  const { runSpec } = require('../runspec') as typeof import('../runspec');
  const { concurrency, maxParked, onFailure, lag, maxLedgers } = options;
  const { startPoint } = require('../starttail') as typeof import('../starttail');
  const from = await startPoint(options, options.from, output);
  if (from === 'latest')
    throw new ParquetryError('USAGE', '--from latest is for tails; a schedule does not skip ledgers.', {
      hint: 'Give the first ledger of the new archive, or omit --from.',
    });
  const spec = runSpec(options, {});
  return {
    spec,
    concurrency,
    maxParked,
    onFailure,
    lag,
    maxLedgers,
    ...(from === 'committed' ? {} : { from }),
  };
}

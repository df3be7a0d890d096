import { createHash } from 'node:crypto';
import { MAINTAIN_STEPS, ParquetryError } from '@parquetry/core';
import type { MaintainInput, MaintainReport, MaintainStep } from '@parquetry/workflows';
import type { Define } from '../cli';
import type { CompactOptions } from '../compactoptions';
import type { Output } from '../output';
import { duration, typeNames, wholeNumber } from '../parsers';
import { WORKER_SETTINGS } from '../workeroptions';

interface Options extends CompactOptions {
  readonly skip?: string;
  readonly maxGroups?: number;
  /** All times in seconds. */
  readonly logRetention?: number;
  readonly grace?: number;
  readonly deepEvery?: number;
  readonly every?: number;
  readonly name?: string;
  readonly detach?: boolean;
}

const DAY = 86_400;

/** Segments of the last hour may belong to a run that still writes. */
const SETTLED_MS = 3_600_000;

/** `parquetry maintain` */
export const define: Define = ({ command, output, run }) =>
  command('maintain', 'compact, clean up, audit and report rejects; once or on a schedule', 'Maintain')
    .settings(
      [
        'archive',
        'types',
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
          types: 'only these datasets, separated by commas (default: all); gc is for the whole archive',
        },
      },
    )
    .optionsGroup('Maintenance:')
    .option('--every <interval>', 'create a schedule with a run in each interval, e.g. 1d', duration)
    .option('--name <name>', 'name of the schedule (default: maintain- and a hash of the archive)')
    .option('--skip <steps>', `steps to leave out, separated by commas: ${MAINTAIN_STEPS.join(', ')}`)
    .option('--max-groups <count>', 'merges per run at most (default: 200)', wholeNumber(1, 1_000_000))
    .option(
      '--log-retention <time>',
      'versions of a table that were current in this time stay readable (default: 30d)',
      duration,
    )
    .option('--grace <time>', 'minimum age of files that gc removes (default: 7d)', duration)
    .option(
      '--deep-every <time>',
      'read every value of each file once in this time, a share of the files per run (default: never)',
      duration,
    )
    .option('--detach', 'start the run and return; needs `parquetry dev` or a configured cluster')
    .writes()
    .example('parquetry maintain --archive ./archive --every 1d')
    .action((options: Options) => run(() => maintain(options, output)));

/** Starts a maintenance run, or creates a schedule of them. */
async function maintain(options: Options, output: Output): Promise<number> {
  const input = maintainInput(options);
  const hash = createHash('sha256').update(input.archive).digest('hex').slice(0, 8);
  if (options.every !== undefined) return schedule(options, input, hash, output);
  if (options.name !== undefined)
    throw new ParquetryError('USAGE', '--name is the name of a schedule: give --every too.');
  const { runToEnd } = require('../runtoend') as typeof import('../runtoend');
  return runToEnd<MaintainReport>(
    {
      type: 'maintain',
      id: `maintain/${hash}`,
      scheduled: true,
      input,
      summary: `maintain ${input.archive}`,
      what: 'Maintenance run',
    },
    options,
    output,
    (report) => sayReport(report, output),
  );
}

async function schedule(
  { every = DAY, name }: Options,
  input: MaintainInput,
  hash: string,
  output: Output,
): Promise<number> {
  const { createSchedule } = require('../schedules') as typeof import('../schedules');
  const id = name ?? `maintain-${hash}`;
  return createSchedule(
    id,
    {
      spec: { intervals: [{ every: every * 1000 }] },
      workflowType: 'maintain',
      workflowId: `maintain/${hash}`,
      input,
      summary: `maintain ${input.archive}`,
      // A fault must not end the upkeep: the next run reports it again.
      policies: { overlap: 'SKIP', pauseOnFailure: false },
    },
    output,
  );
}

/** @throws ParquetryError USAGE */
function maintainInput(options: Options): MaintainInput {
  const { archiveRoot } = require('../runspec') as typeof import('../runspec');
  const { MIN_RETENTION_MS, REUSE_MS } = require('@parquetry/archive') as typeof import('@parquetry/archive');
  const { compactSettings } = require('../compactoptions') as typeof import('../compactoptions');
  const { types, deepEvery, every = DAY, grace = 7 * DAY, logRetention = 30 * DAY } = options;
  const skip = skipped(options.skip);
  atLeast('--grace', grace * 1000, 2 * REUSE_MS);
  atLeast('--log-retention', logRetention * 1000, MIN_RETENTION_MS);
  return {
    archive: archiveRoot(options.archive),
    ...(types === undefined ? {} : { datasets: typeNames(types) }),
    ...(skip.length === 0 ? {} : { skip }),
    compact: { ...compactSettings(options), limit: options.maxGroups ?? 200, settledMs: SETTLED_MS },
    logRetentionMs: logRetention * 1000,
    graceMs: grace * 1000,
    ...(deepEvery === undefined
      ? {}
      : { deep: { runs: Math.max(1, Math.ceil(deepEvery / every)), everyMs: every * 1000 } }),
  };
}

function skipped(text: string | undefined): MaintainStep[] {
  const names = text === undefined ? [] : typeNames(text);
  const isStep = (name: string): name is MaintainStep => MAINTAIN_STEPS.some((step) => step === name);
  for (const name of names)
    if (!isStep(name))
      throw new ParquetryError('USAGE', `"${name}" is not a step of a maintenance run.`, {
        hint: `The steps are ${MAINTAIN_STEPS.join(', ')}.`,
      });
  return names.filter(isStep);
}

function atLeast(option: string, ms: number, least: number): void {
  if (ms >= least) return;
  throw new ParquetryError('USAGE', `${option} must be at least ${least / 3_600_000}h.`, {
    hint: 'Running commits and open readers use objects up to this age.',
  });
}

function sayReport({ steps, rejects }: MaintainReport, output: Output): void {
  output.table(
    ['step', 'state', 'what it did'],
    steps.map(({ step, outcome, summary }) => [step, outcome, summary]),
  );
  for (const { dataset, code, count, example } of rejects)
    output.say(`new rejects ${dataset} ${code}: ${count}, e.g. ${example}`);
}

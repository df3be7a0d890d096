import { type LedgerRange, formatRange } from '@parquetry/core';
import { type ActivityOptions, proxyActivities } from '@temporalio/workflow';
import type { SharedActivities, StageActivities } from './contract/activities';

/** Bounded retries: transient faults pass by themselves, the rest comes before a person within a few minutes. */
const RETRY = {
  initialInterval: '1s',
  backoffCoefficient: 2,
  maximumInterval: '30s',
  maximumAttempts: 6,
} as const;

const LONG: ActivityOptions = { startToCloseTimeout: '12h', heartbeatTimeout: '30s', retry: RETRY };
const SHORT: ActivityOptions = { startToCloseTimeout: '1m', retry: RETRY };

const shared = (options: ActivityOptions): SharedActivities => proxyActivities<SharedActivities>(options);

/** Looks the source over; one run of it serves all partitions. */
export const planRun: SharedActivities['planRun'] = (spec) =>
  shared({ ...LONG, summary: `plan ledgers ${formatRange(spec.range)}` }).planRun(spec);

/** Asks the commit log what is to be done next. */
export const nextPartitions: SharedActivities['nextPartitions'] = (request) =>
  shared({ ...SHORT, summary: `what is not committed from ledger ${request.cursor} on` }).nextPartitions(
    request,
  );

/** Finds partitions that closed without a report. */
export const inspect: SharedActivities['inspect'] = (ids) =>
  shared({ ...SHORT, summary: `look after ${ids.length} quiet partitions` }).inspect(ids);

/** Reads the result back from the commit log. */
export const summarize: SharedActivities['summarize'] = (ref) =>
  shared({ ...SHORT, startToCloseTimeout: '10m', summary: 'read the commit log back' }).summarize(ref);

/** Stages a partition on the disk of the worker that takes the step. */
export const pull: SharedActivities['pull'] = (request) =>
  shared({ ...LONG, summary: `ledgers ${formatRange(request.task.range)}: pull` }).pull(request);

/**
 * The steps of one dataset on the worker that has its stage. A worker that was restarted on the same machine takes the
 * queue over; a step that nobody takes for `scheduleToStartTimeout` says that the machine is gone.
 */
export function stageSteps(queue: string, dataset: string, range: LedgerRange): StageActivities {
  const options = (what: string, base: ActivityOptions): ActivityOptions => ({
    ...base,
    taskQueue: queue,
    scheduleToStartTimeout: '10m',
    summary: `${dataset} ${formatRange(range)}: ${what}`,
  });
  const step = (what: string, base: ActivityOptions): StageActivities =>
    proxyActivities<StageActivities>(options(what, base));
  return {
    registerSchema: (input) => step('register schema', SHORT).registerSchema(input),
    writeParquet: (input) => step('write Parquet', LONG).writeParquet(input),
    verifyRowCounts: (input) => step('verify row counts', LONG).verifyRowCounts(input),
    commit: (input) => step('commit', LONG).commit(input),
    dropStage: (stageId) =>
      proxyActivities<StageActivities>({
        taskQueue: queue,
        scheduleToCloseTimeout: '1m',
        startToCloseTimeout: '1m',
        summary: `${formatRange(range)}: remove stage`,
      }).dropStage(stageId),
  };
}

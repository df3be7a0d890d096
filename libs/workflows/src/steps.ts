import { type LedgerRange, formatRange } from '@parquetry/core';
import { type ActivityOptions, proxyActivities } from '@temporalio/workflow';
import type { SharedActivities, StageActivities, StageQueue } from './contract/activities';
import type { CompactActivities } from './contract/compact';
import type { LeaseActivities } from './contract/lease';
import type { MaintainActivities } from './contract/maintain';
import { WATCH_QUEUE } from './contract/names';
import type { ScheduleActivities } from './contract/schedule';
import type { TailActivities } from './contract/tail';

/** Bounded retries: transient faults are retried; the others reach a person within a few minutes. */
const RETRY = {
  initialInterval: '1s',
  backoffCoefficient: 2,
  maximumInterval: '30s',
  maximumAttempts: 6,
} as const;

/** For steps that need Temporal only: without an end. */
const PERSISTENT = { initialInterval: '1s', maximumInterval: '30s' } as const;

const LONG: ActivityOptions = { startToCloseTimeout: '12h', heartbeatTimeout: '30s', retry: RETRY };
const SHORT: ActivityOptions = { startToCloseTimeout: '1m', retry: RETRY };

const shared = (options: ActivityOptions): SharedActivities => proxyActivities<SharedActivities>(options);

/** Indexes the source once for all partitions. */
export const planRun: SharedActivities['planRun'] = (spec) =>
  shared({ ...LONG, summary: `plan ledgers ${formatRange(spec.range)}` }).planRun(spec);

/** Reads the next work from the commit log. */
export const nextPartitions: SharedActivities['nextPartitions'] = (request) =>
  shared({
    ...SHORT,
    summary: `find uncommitted partitions from ledger ${request.cursor} on`,
  }).nextPartitions(request);

/** Finds partitions that closed without a report. A run may have hundreds of partitions. */
export const inspect: SharedActivities['inspect'] = (ids) =>
  shared({
    ...LONG,
    startToCloseTimeout: '10m',
    summary: `check ${ids.length} quiet partitions`,
  }).inspect(ids);

/** Needs Temporal only, so it is retried until it succeeds. */
export const endOutdated: SharedActivities['endOutdated'] = (child) =>
  shared({ ...SHORT, retry: PERSISTENT, summary: `compare the plan of ${child.workflowId}` }).endOutdated(
    child,
  );

/** Reads the result from the commit log. */
export const summarize: SharedActivities['summarize'] = (ref) =>
  shared({ ...LONG, startToCloseTimeout: '10m', summary: 'read the result from the commit log' }).summarize(
    ref,
  );

/** Stages a partition on the disk of the worker that runs the step. */
export const pull: SharedActivities['pull'] = (request) =>
  shared({
    ...LONG,
    ...(request.task.queue === undefined ? {} : { taskQueue: request.task.queue }),
    summary: `ledgers ${formatRange(request.task.range)}: pull`,
  }).pull(request);

/** Asks the limiter of the archive. It needs Temporal only, so it is retried until it succeeds. */
export const requestLease: LeaseActivities['requestLease'] = (request) =>
  proxyActivities<LeaseActivities>({
    ...SHORT,
    retry: PERSISTENT,
    summary: `wait for the limit of ${request.limit} partitions`,
  }).requestLease(request);

/** Finds the range of a scheduled run. */
export const resolveRange: ScheduleActivities['resolveRange'] = (input) =>
  proxyActivities<ScheduleActivities>({ ...LONG, summary: 'find the next range' }).resolveRange(input);

/** Finds groups of segments to merge. */
export const findSegments: CompactActivities['findSegments'] = (request) =>
  proxyActivities<CompactActivities>({ ...LONG, summary: 'find small segments' }).findSegments(request);

/** Rewrites a group's rows on the disk of the worker that runs the step. */
export const mergeSegments: CompactActivities['mergeSegments'] = (request) => {
  const { dataset, range, segments } = request.group;
  const summary = `${dataset} ${formatRange(range)}: merge ${segments.length} segments`;
  return proxyActivities<CompactActivities>({ ...LONG, summary }).mergeSegments(request);
};

const maintenance = (summary: string): MaintainActivities =>
  proxyActivities<MaintainActivities>({ ...LONG, summary });

/** Writes checkpoints and removes old commits. */
export const tidyLogs: MaintainActivities['tidyLogs'] = (request) =>
  maintenance('checkpoint and clean up the commit logs').tidyLogs(request);

/** Removes unused files. */
export const collectGarbage: MaintainActivities['collectGarbage'] = (request) =>
  maintenance('remove unused files').collectGarbage(request);

/** Checks the archive. */
export const auditAll: MaintainActivities['auditAll'] = (request) =>
  maintenance(
    request.share === undefined
      ? 'audit'
      : `audit; read every value of share ${request.share.part + 1} of ${request.share.of}`,
  ).auditAll(request);

/** Counts new rejects. */
export const reportRejects: MaintainActivities['reportRejects'] = (request) =>
  maintenance('count new rejects').reportRejects(request);

/** Finds the start of a tail; waits while the source is empty. */
export const openTail: TailActivities['openTail'] = (input) =>
  proxyActivities<TailActivities>({
    ...LONG,
    taskQueue: WATCH_QUEUE,
    summary: `open a tail from ${input.from}`,
  }).openTail(input);

/** Watches the source for the next flush. The heartbeat is short, so that a cancellation frees the worker soon. */
export const cut: TailActivities['cut'] = (request) =>
  proxyActivities<TailActivities>({
    taskQueue: WATCH_QUEUE,
    startToCloseTimeout: '2h',
    heartbeatTimeout: '12s',
    // A temporary storage outage must not park a tail: retry for about two hours.
    retry: { ...RETRY, maximumInterval: '1m', maximumAttempts: 120 },
    summary: `watch the source from ledger ${request.cursor} on`,
  }).cut(request);

/**
 * The steps of one dataset, on the workers of the work folder that has its stage. If no worker starts a step within
 * `takeOverMs`, the folder's machine is lost.
 */
export function stageSteps(
  { queue, takeOverMs }: StageQueue,
  dataset: string,
  range: LedgerRange,
): StageActivities {
  const options = (what: string, base: ActivityOptions): ActivityOptions => ({
    ...base,
    taskQueue: queue,
    scheduleToStartTimeout: takeOverMs ?? '10m',
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

import type { Client } from '@temporalio/client';

/** What the history of a workflow says. */
interface Traced {
  /** When it was started, milliseconds since 1970. */
  readonly created: number;
  /** Builds that completed its workflow tasks, in their order. */
  readonly builds: readonly string[];
  /** Request of its first pull and end of its last commit, milliseconds since 1970. */
  readonly work: readonly [from: number, to: number];
  readonly failedTasks: readonly string[];
}

/** The partitions of some runs, or the runs themselves, in the order of their ids. */
export async function partitionsOf(
  { workflow }: Client,
  runs: readonly string[],
  type: 'partition' | 'backfill' = 'partition',
): Promise<Traced[]> {
  const ids: string[] = [];
  for await (const { workflowId } of workflow.list({ query: `WorkflowType="${type}"` }))
    if (runs.some((run) => (type === 'backfill' ? workflowId === run : workflowId.startsWith(`${run}/`))))
      ids.push(workflowId);
  return Promise.all(
    [...new Set(ids)].sort().map(async (id) => {
      const { events } = await workflow.getHandle(id).fetchHistory();
      const names = new Map<string, string>();
      const builds: string[] = [];
      const failedTasks: string[] = [];
      let work: [number, number] = [Infinity, 0];
      let created = 0;
      for (const event of events ?? []) {
        const time = Number(event.eventTime?.seconds) * 1000 + (event.eventTime?.nanos ?? 0) / 1e6;
        if (event.workflowExecutionStartedEventAttributes) created = time;
        const scheduled = event.activityTaskScheduledEventAttributes;
        if (scheduled) names.set(String(event.eventId), scheduled.activityType?.name ?? '');
        if (scheduled?.activityType?.name === 'pull') work = [Math.min(work[0], time), work[1]];
        const ended = event.activityTaskCompletedEventAttributes;
        if (names.get(String(ended?.scheduledEventId)) === 'commit') work = [work[0], time];
        const build = event.workflowTaskCompletedEventAttributes?.deploymentVersion?.buildId;
        if (build && builds.at(-1) !== build) builds.push(build);
        const failed = event.workflowTaskFailedEventAttributes;
        if (failed) failedTasks.push(`${id}: ${failed.failure?.message}`);
      }
      return { created, builds, work, failedTasks };
    }),
  );
}

/** The largest number of partitions that were at work at the same time. */
export function mostAtWork(partitions: readonly Traced[]): number {
  return Math.max(
    ...partitions.map(
      ({ work: [at] }) => partitions.filter(({ work: [from, to] }) => from <= at && at < to).length,
    ),
  );
}

import type { PartitionData } from '@parquetry/report';
import { ATTRIBUTES } from '@parquetry/workflows';
import type { WorkflowExecutionInfo } from '@temporalio/client';
import { type InputCache, inputOf, sameArchive, secondsOf, skipUnreadable } from './runs';
import type { TemporalView } from './server';

/** Running and parked partitions that are listed. */
const MAX_ACTIVE = 300;

/** Finished partitions that are compared, the newest ones, and those of them whose history is read. */
const MAX_COMPARED = 2_000;
const MAX_SLOWEST = 15;

/** Retries and reasons of finished partitions by run id. */
export type TroubleCache = Map<string, Trouble>;

/** What the history of a partition says about its attempts. */
interface Trouble {
  readonly retries: number;
  readonly reason?: string;
}

/** What the finished partitions of some runs say. */
interface Finished {
  readonly slowest: readonly PartitionData[];
  readonly compared: number;
  /** The last ledger of the finished partitions of each run. */
  readonly reached: ReadonlyMap<string, number>;
}

/** The running and parked partitions of an archive, whatever run started them. */
export async function activePartitions(
  view: TemporalView,
  archive: string,
  inputs: InputCache,
): Promise<PartitionData[]> {
  const found: PartitionData[] = [];
  const query = 'WorkflowType = "partition" AND ExecutionStatus = "Running"';
  for await (const info of view.client.workflow.list({ query, pageSize: 200 })) {
    if (found.length >= MAX_ACTIVE) break;
    const input = (await inputOf(view, info, inputs).catch(skipUnreadable)) as { readonly archive?: unknown };
    if (typeof input.archive !== 'string' || !sameArchive(input.archive, archive)) continue;
    const data = partitionOf(
      info,
      info.typedSearchAttributes.get(ATTRIBUTES.state) === 'Parked' ? 'parked' : 'running',
    );
    if (data !== undefined) found.push({ ...data, ...(await troubleOf(view, info)) });
  }
  return found;
}

/** The slowest and the most retried of the finished partitions of some runs. */
export async function finishedPartitions(
  view: TemporalView,
  runs: readonly string[],
  cache: TroubleCache,
): Promise<Finished> {
  const reached = new Map<string, number>();
  if (runs.length === 0) return { slowest: [], compared: 0, reached };
  const names = runs.map((run) => JSON.stringify(run)).join(', ');
  const query = `WorkflowType = "partition" AND ParquetryRun IN (${names}) AND ExecutionStatus != "Running"`;
  let slowest: { readonly info: WorkflowExecutionInfo; readonly data: PartitionData }[] = [];
  let compared = 0;
  for await (const info of view.client.workflow.list({ query, pageSize: 500 })) {
    if (compared >= MAX_COMPARED) break;
    compared += 1;
    const data = partitionOf(info, info.status.name === 'COMPLETED' ? 'done' : 'failed');
    if (data === undefined) continue;
    reached.set(data.run, Math.max(reached.get(data.run) ?? 0, data.range.end));
    slowest.push({ info, data });
    if (slowest.length > 10 * MAX_SLOWEST) slowest = longest(slowest);
  }
  const named: PartitionData[] = [];
  for (const { info, data } of longest(slowest)) {
    const trouble = cache.get(info.runId) ?? (await troubleOf(view, info));
    cache.set(info.runId, trouble);
    named.push({ ...data, ...trouble });
  }
  return { slowest: named, compared, reached };
}

function longest<T extends { readonly data: PartitionData }>(list: readonly T[]): T[] {
  return [...list].sort((a, b) => b.data.seconds - a.data.seconds).slice(0, MAX_SLOWEST);
}

function partitionOf(info: WorkflowExecutionInfo, state: PartitionData['state']): PartitionData | undefined {
  const { typedSearchAttributes: attributes, workflowId } = info;
  const [start, end] = [attributes.get(ATTRIBUTES.ledgerStart), attributes.get(ATTRIBUTES.ledgerEnd)];
  if (typeof start !== 'number' || typeof end !== 'number') return undefined;
  return {
    id: workflowId,
    run: String(attributes.get(ATTRIBUTES.run) ?? workflowId.replace(/\/p\/[^/]*$/, '')),
    state,
    range: { start, end },
    datasets: (attributes.get(ATTRIBUTES.datasets) as string[] | undefined) ?? [],
    seconds: secondsOf(info),
  };
}

/** Repeated attempts of the steps, and the last failure. */
async function troubleOf(
  { client }: TemporalView,
  { workflowId, runId, status }: WorkflowExecutionInfo,
): Promise<Trouble> {
  const handle = client.workflow.getHandle(workflowId, runId);
  const { events } = await handle.fetchHistory();
  let retries = 0;
  let reason: string | undefined;
  for (const {
    activityTaskStartedEventAttributes: started,
    activityTaskFailedEventAttributes: failed,
  } of events ?? []) {
    if (started) retries += Math.max(0, (started.attempt ?? 1) - 1);
    if (failed) reason = reasonOf(failed.failure);
  }
  // Attempts of a step that still runs are not in the history.
  if (status.name === 'RUNNING')
    for (const step of (await handle.describe()).raw.pendingActivities ?? []) {
      retries += Math.max(0, (step.attempt ?? 1) - 1);
      reason = reasonOf(step.lastFailure) ?? reason;
    }
  return { retries, ...(reason === undefined ? {} : { reason }) };
}

/** The code and the message of a failed step. */
function reasonOf(
  failure:
    | {
        readonly message?: string | null;
        readonly applicationFailureInfo?: { readonly type?: string | null } | null;
      }
    | null
    | undefined,
): string | undefined {
  if (!failure) return undefined;
  const type = failure.applicationFailureInfo?.type;
  return `${type ? `${type}: ` : ''}${failure.message ?? ''}`.slice(0, 600);
}

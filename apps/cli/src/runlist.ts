import { type LedgerRange } from '@parquetry/core';
import { ATTRIBUTES } from '@parquetry/workflows';
import type { Session } from './session';

/** Workflow types of runs. */
export type RunType = 'backfill' | 'tail' | 'scheduled' | 'compact' | 'maintain';

/** All of them. */
export const RUN_TYPES: readonly RunType[] = ['backfill', 'tail', 'scheduled', 'compact', 'maintain'];

/** Executions that are read at most; a long run has one for every 300 partitions. */
const MAX_READ = 10_000;

/** A run, as the server lists it. */
export interface ListedRun {
  readonly workflowId: string;
  readonly type: RunType;
  /** Temporal's status: RUNNING, COMPLETED, … */
  readonly status: string;
  /** Its ledgers; absent for runs that have no fixed range. */
  readonly range?: LedgerRange;
  readonly startedAt: Date;
  readonly endedAt?: Date;
}

/** Which runs to list. */
export interface RunFilter {
  readonly types?: readonly RunType[];
  /** Only runs that have not ended. */
  readonly running?: boolean;
  /** First characters of the id. */
  readonly prefix?: string;
}

/** The runs of a namespace, newest first; of runs with the same id only the newest. */
export async function listRuns(
  { client }: Pick<Session, 'client'>,
  { types = RUN_TYPES, running = false, prefix }: RunFilter = {},
): Promise<ListedRun[]> {
  const query = [
    `WorkflowType IN (${types.map((type) => `'${type}'`).join(', ')})`,
    ...(running ? [`ExecutionStatus = 'Running'`] : []),
    ...(prefix === undefined ? [] : [`WorkflowId STARTS_WITH '${prefix.replaceAll("'", "''")}'`]),
  ].join(' AND ');
  const runs = new Map<string, { run: ListedRun; continued: boolean }>();
  let read = 0;
  for await (const info of client.workflow.list({ query })) {
    if ((read += 1) > MAX_READ) break;
    // A step of a maintenance run.
    if (info.type === 'compact' && info.workflowId.startsWith('maintain/')) continue;
    const { workflowId, status, startTime: startedAt, closeTime, typedSearchAttributes } = info;
    const known = runs.get(workflowId);
    const continued = status.name === 'CONTINUED_AS_NEW';
    if (known !== undefined) {
      // Earlier parts of the same run follow without a gap.
      if (known.continued && continued) known.run = { ...known.run, startedAt };
      else known.continued = false;
      continue;
    }
    const start = typedSearchAttributes.get(ATTRIBUTES.ledgerStart);
    const end = typedSearchAttributes.get(ATTRIBUTES.ledgerEnd);
    const run: ListedRun = {
      workflowId,
      type: info.type as RunType,
      status: status.name,
      ...(start === undefined || end === undefined ? {} : { range: { start, end } }),
      startedAt,
      ...(closeTime === undefined ? {} : { endedAt: closeTime }),
    };
    runs.set(workflowId, { run, continued: true });
  }
  return [...runs.values()].map(({ run }) => run);
}

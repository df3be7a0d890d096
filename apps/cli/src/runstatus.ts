import { type Committed, type Unread, committedIn } from '@parquetry/archive';
import { MAX_LEDGER } from '@parquetry/core';
import {
  ATTRIBUTES,
  type BackfillInput,
  type BackfillProgress,
  type SourceTip,
  TASK_QUEUE,
  type TailInput,
  type TailProgress,
  first,
  foldBackfill,
  foldTail,
  ledgersOf,
  progress as progressQuery,
  readHistory,
  tailProgress,
  tailStart,
} from '@parquetry/workflows';
import { sdk } from '@parquetry/temporal';
import type { WorkflowHandle } from '@temporalio/client';
import { parkedList, whereParked } from './attachrun';
import { findRun } from './findrun';
import { type Output, formatCount } from './output';
import { listRuns } from './runlist';
import { describeSchedule } from './schedules';
import { type Session, isNoWorkflow, workflowLink } from './session';
import { type Answer, queryWorkflow } from './workflowquery';

/**
 * Prints the state of a run or schedule. Queries the workflow. If no worker responds, reads its history and the archive's
 * commit log instead.
 * @param given its id, or the first characters of a run's id; undefined for the only run that has not ended, else the
 * only one
 * @throws ParquetryError USAGE when there is none or more than one
 */
export async function statusOf(session: Session, given: string | undefined, output: Output): Promise<number> {
  const id = given ?? (await onlyRun(session));
  const handle = session.client.workflow.getHandle(id);
  const described = await handle.describe().catch((error: unknown) => {
    if (isNoWorkflow(error)) return undefined;
    throw error;
  });
  if (described === undefined) return scheduleStatus(session, id, output);
  const found: Found = { session, handle, state: described.status.name, output };
  if (described.type === 'backfill') return backfillStatus(found);
  if (described.type === 'tail')
    return tailStatus(found, {
      parked: described.typedSearchAttributes.get(ATTRIBUTES.state) === 'Parked',
      ...tipOf(described.raw),
    });
  return otherStatus(found, described.type);
}

async function onlyRun(session: Session): Promise<string> {
  const running = await listRuns(session, { running: true });
  return findRun(session, undefined, { running: running.length > 0 });
}

interface Found {
  readonly session: Session;
  readonly handle: WorkflowHandle;
  /** Temporal's status: RUNNING, COMPLETED, … */
  readonly state: string;
  readonly output: Output;
}

/** The common part of all documents of `status`. */
function common({ session, handle, state }: Found, answer: Answer<unknown>): object {
  const url = workflowLink(session, handle.workflowId);
  return {
    workflowId: handle.workflowId,
    status: state,
    answeredBy: answer.by,
    ...(url === undefined ? {} : { url }),
  };
}

async function backfillStatus(found: Found): Promise<number> {
  const { session, handle, state, output } = found;
  const run = handle.workflowId;
  let committed: Committed | Unread | undefined;
  const answer = await queryWorkflow<BackfillProgress>(session, handle, progressQuery, async () => {
    const history = await readHistory(handle);
    const { spec } = history.input as BackfillInput;
    committed = await committedIn(spec.archive, spec.range, spec.types);
    return foldBackfill(history);
  });
  const progress = answer.value;
  output.say(`${run}: ${headline(state, progress.phase, answer)}`);
  output.table(
    ['partitions', 'done', 'committed before', 'running', 'parked', 'failed', 'skipped', 'ledgers', 'rows'],
    [
      [
        progress.total,
        progress.done,
        progress.skipped,
        progress.running,
        progress.parked,
        progress.failed,
        progress.abandoned,
        progress.tally.ledgers,
        progress.tally.rows,
      ],
    ],
  );
  for (const { step, code, message, final } of progress.faults ?? [])
    output.say(`  ${step} ${code}: ${message}${final ? '' : ' (it is retried)'}`);
  for (const troubled of progress.troubled)
    output.say(`  ledgers ${ledgersOf(troubled)}: ${troubled.reason}`);
  sayCommitted(committed, output);
  const where = progress.parked === 0 ? undefined : whereParked(session, run);
  if (where !== undefined) output.say(where);
  const { tally, ...counts } = progress;
  output.document({
    ...common(found, answer),
    progress: { ...counts, ledgers: tally.ledgers, rows: tally.rows, tally },
    ...(committed === undefined ? {} : { committed }),
    parkedUrl: parkedList(session, run),
  });
  return 0;
}

async function tailStatus(
  found: Found,
  more: { readonly tip?: SourceTip; readonly parked: boolean },
): Promise<number> {
  const { session, handle, state, output } = found;
  let committed: Committed | Unread | undefined;
  const answer = await queryWorkflow<TailProgress>(session, handle, tailProgress, async () => {
    const history = await readHistory(handle);
    const { spec } = history.input as TailInput;
    const start = tailStart(history);
    if (start !== undefined)
      committed = await committedIn(spec.archive, { start, end: MAX_LEDGER }, spec.types);
    return foldTail(history, more);
  });
  const progress = answer.value;
  const { cursor, lag, tally } = progress;
  output.say(`${handle.workflowId}: ${headline(state, progress.phase, answer)}`);
  output.table(
    ['next ledger', 'source is at', 'ledgers behind', 'seconds behind', 'flushes', 'ledgers', 'rows', 'late'],
    [
      [
        String(cursor ?? '–'),
        String(progress.tip?.ledger ?? '–'),
        lag?.ledgers ?? '–',
        lag?.seconds ?? '–',
        progress.flushes,
        tally.ledgers,
        tally.rows,
        progress.late,
      ],
    ],
  );
  for (const failure of progress.failures)
    output.say(`  ${failure.dataset}: ${failure.step} ${failure.code}: ${failure.message}`);
  sayCommitted(committed, output);
  output.document({
    ...common(found, answer),
    progress,
    ...(committed === undefined ? {} : { committed }),
  });
  return 0;
}

/** A compaction, a scheduled run that determines its range, or a single partition: its state and its result. */
async function otherStatus(found: Found, type: string): Promise<number> {
  const { handle, state, output } = found;
  const { result } = await readHistory(handle);
  output.say(`${handle.workflowId}: ${type}, ${state.toLowerCase()}`);
  output.document({
    ...common(found, { by: 'history', value: undefined }),
    type,
    ...(result === undefined ? {} : { result }),
  });
  return 0;
}

/** Prints a schedule, with the state of its last run. */
async function scheduleStatus(session: Session, name: string, output: Output): Promise<number> {
  const described = await session.client.schedule
    .getHandle(name)
    .describe()
    .catch((error: unknown) => {
      if (!(error instanceof sdk.ScheduleNotFoundError)) throw error;
      return undefined;
    });
  if (described === undefined) return statusOf(session, await findRun(session, name, {}), output);
  const schedule = describeSchedule(described);
  output.say(
    `Schedule ${name}: ${schedule.paused ? `paused (${schedule.note})` : 'active'}, ${schedule.runs} runs` +
      `${schedule.next === undefined ? '' : `, next ${schedule.next}`}.`,
  );
  const last = schedule.recent.at(-1);
  if (last === undefined || output.json) {
    output.document({ schedule });
    return 0;
  }
  return statusOf(session, last.workflowId, output);
}

function headline(state: string, phase: string, answer: Answer<unknown>): string {
  if (state !== 'RUNNING') return state.toLowerCase();
  return answer.by === 'worker'
    ? phase
    : `${phase}, but no worker responds on task queue ${TASK_QUEUE}; this is the last report`;
}

function sayCommitted(committed: Committed | Unread | undefined, output: Output): void {
  if (committed === undefined) return;
  if ('unread' in committed) {
    output.say(`The commit log can't be read: ${committed.unread}`);
    return;
  }
  const { ledgers, through, rows, files } = committed;
  output.say(
    `Committed, by the archive's log: ${formatCount(ledgers)} ledgers in all datasets` +
      `${through === undefined ? '' : `, without a gap up to ${through}`}; ${formatCount(rows)} rows in ${formatCount(files)} files.`,
  );
}

/** The position of the source in the last heartbeat of the step that follows it. */
function tipOf(raw: { pendingActivities?: unknown }): { tip?: SourceTip } {
  const pending = (raw.pendingActivities ?? []) as readonly {
    activityType?: { name?: string };
    heartbeatDetails?: { payloads?: unknown };
  }[];
  const watching = pending.find(({ activityType }) => activityType?.name === 'cut');
  const said = first(watching?.heartbeatDetails?.payloads) as { tip?: number | null } | undefined;
  return typeof said?.tip === 'number' ? { tip: { ledger: said.tip } } : {};
}

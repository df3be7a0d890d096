import type { WorkflowHandle } from '@temporalio/client';
import { ParquetryError, formatRange } from '@parquetry/core';
import { workflowUrl } from '@parquetry/temporal';
import {
  type BackfillInput,
  type BackfillProgress,
  pause as pauseSignal,
  progress as progressQuery,
  resume as resumeSignal,
  retry as retrySignal,
  retryPartitions,
  stop as stopSignal,
} from '@parquetry/workflows';
import type { WorkerSettings } from '../options';
import type { Output } from '../output';
import { type Session, openSession } from '../session';
import { attachTo, isNoWorkflow } from './backfill';
import { followTail, isTail, tailStatus } from './tail';

/** `parquetry status ID`: counts of a run, its parked partitions and their reasons. */
export async function status(run: string, settings: WorkerSettings, output: Output): Promise<number> {
  return withRun(run, settings, output, async (handle, session) => {
    if (isTail(run)) return tailStatus(session, handle, output);
    const { status: state } = await handle.describe();
    const progress = await handle.query(progressQuery);
    printProgress(run, state.name, progress, output);
    output.document({
      workflowId: run,
      status: state.name,
      progress: statusCounts(progress),
      url: link(session, run),
    });
    return 0;
  });
}

/** `parquetry attach ID`: follows a run that was started before. */
export async function attach(run: string, settings: WorkerSettings, output: Output): Promise<number> {
  return withRun(run, settings, output, async (handle, session) =>
    isTail(run)
      ? followTail(session, run, output)
      : attachTo(session, run, { spec: (await runInput(handle, session)).spec }, output, link(session, run)),
  );
}

/** `parquetry pause|resume|cancel ID`. */
export async function tell(
  run: string,
  what: 'pause' | 'resume' | 'cancel' | 'stop',
  settings: WorkerSettings,
  output: Output,
): Promise<number> {
  return withRun(run, settings, output, async (handle) => {
    if (what === 'cancel') {
      await handle.cancel();
      await handle.result().catch(() => undefined);
    } else if (what === 'stop') {
      await handle.signal(stopSignal);
      await handle.result().catch(() => undefined);
    } else await handle.signal(what === 'pause' ? pauseSignal : resumeSignal);
    const done = {
      pause: 'paused: running partitions end, no more are started',
      resume: 'resumed',
      cancel: 'cancelled',
      stop: 'stopped',
    }[what];
    output.say(`${run} is ${done}.`);
    output.document({ workflowId: run, [what]: true });
    return 0;
  });
}

/** `parquetry retry ID [--ledger N]`: parked partitions run again; follows the run afterwards. */
export async function retry(
  run: string,
  ledgers: readonly number[],
  settings: WorkerSettings,
  output: Output,
): Promise<number> {
  return withRun(run, settings, output, async (handle, session) => {
    if (isTail(run)) {
      await handle.signal(retrySignal);
      return followTail(session, run, output);
    }
    const { spec } = await runInput(handle, session);
    const starts = ledgers.map((ledger) => partitionStart(ledger, spec.range.start, spec.partitionSize));
    const request = starts.length === 0 ? { all: true } : { starts };
    const done = await handle.executeUpdate(retryPartitions, { args: [request] });
    output.note(`${done.signalled} partitions run again, ${done.restarted} were started anew.`);
    return attachTo(session, run, { spec }, output, link(session, run));
  });
}

function partitionStart(ledger: number, first: number, size: number): number {
  return Math.max(first, Math.floor(ledger / size) * size);
}

/** Opens a session for an existing run. */
async function withRun(
  run: string,
  settings: WorkerSettings,
  output: Output,
  use: (handle: WorkflowHandle, session: Session) => Promise<number>,
): Promise<number> {
  const session = await openSession({ output, worker: 'embedded', settings });
  try {
    return await use(session.client.workflow.getHandle(run), session);
  } catch (error) {
    if (!isNoWorkflow(error)) throw error;
    throw new ParquetryError('USAGE', `There is no run "${run}" that can take this.`, {
      hint: session.embedded
        ? 'It has ended, or it is kept in another folder: look at it with `parquetry dev` in the folder where it was started.'
        : 'Look for it in the Temporal UI.',
      cause: error,
    });
  } finally {
    await session.close();
  }
}

/** The input a run was started with, from its history. */
async function runInput(handle: WorkflowHandle, session: Session): Promise<BackfillInput> {
  const { events } = await handle.fetchHistory();
  const payload = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
  if (payload?.data === undefined || payload.data === null)
    throw new ParquetryError('USAGE', `"${handle.workflowId}" in ${session.namespace} is not a backfill.`);
  return JSON.parse(Buffer.from(payload.data).toString('utf8')) as BackfillInput;
}

function statusCounts(progress: BackfillProgress): object {
  const { tally, ...counts } = progress;
  return { ...counts, ledgers: tally.ledgers, rows: tally.rows, tally };
}

function printProgress(run: string, state: string, progress: BackfillProgress, output: Output): void {
  output.say(`${run}: ${state === 'RUNNING' ? progress.phase : state.toLowerCase()}`);
  output.table(
    ['partitions', 'done', 'committed before', 'running', 'parked', 'failed', 'given up', 'ledgers', 'rows'],
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
  for (const { key, reason } of progress.troubled)
    output.say(
      `  ${formatRange({ start: Number(key.slice(0, 10)), end: Number(key.slice(0, 10)) })}: ${reason}`,
    );
}

function link(session: Session, run: string): string | undefined {
  return session.uiUrl === undefined ? undefined : workflowUrl(session.uiUrl, session.namespace, run);
}

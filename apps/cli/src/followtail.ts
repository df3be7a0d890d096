import { setTimeout as sleep } from 'node:timers/promises';
import { ParquetryError } from '@parquetry/core';
import { type TailProgress, type TailResult, tailProgress } from '@parquetry/workflows';
import type { WorkflowHandle } from '@temporalio/client';
import { runFailure } from './follow';
import { onInterrupt } from './interrupt';
import { type Output, counted, formatCount } from './output';
import { stateView } from './screen/view';
import type { Session } from './session';

const LOOK_MS = 1_000;

/** Follows a tail until it ends, is parked, or Ctrl-C; shared with `attach`. */
export async function followTail(session: Session, id: string, output: Output): Promise<number> {
  const interrupt = onInterrupt();
  const handle = session.client.workflow.getHandle(id);
  let died = false;
  const watching = session.worker?.stopped.finally(() => (died = true));
  watching?.catch(() => undefined);
  const view = stateView(output);
  try {
    for (;;) {
      if (interrupt.signal.aborted) {
        view.end();
        return detached(id, session, output);
      }
      if (died)
        throw new ParquetryError('INTERNAL', 'The worker in this process stopped before the tail ended.');
      const { status } = await handle.describe();
      if (status.name !== 'RUNNING') {
        view.end();
        return await ended(handle, id, output);
      }
      const progress = await handle.query(tailProgress).catch(() => undefined);
      if (progress?.phase === 'parked') {
        view.end();
        return output.fail(parkedTail(id, progress), { workflowId: id, progress });
      }
      if (progress !== undefined) view.update(tailFacts(progress));
      await sleep(LOOK_MS, undefined, { signal: interrupt.signal }).catch(() => undefined);
    }
  } finally {
    view.end();
    interrupt.dispose();
  }
}

/** True for the workflow id of a tail. */
export function isTail(id: string): boolean {
  return id.startsWith('tail/');
}

async function ended(handle: WorkflowHandle, id: string, output: Output): Promise<number> {
  const result = (await handle.result().catch((error: unknown) => {
    throw runFailure(error, id);
  })) as TailResult;
  const { cursor, flushes, tally, late, unusable } = result;
  output.say(
    `The tail ended before ledger ${cursor}: ${flushes} flushes, ${formatCount(tally.ledgers)} ledgers, ${formatCount(tally.rows)} rows.`,
  );
  if (tally.rejected > 0)
    output.say(`${counted(tally.rejected, 'message')} rejected; see _parquetry/rejects in the archive.`);
  if (late > 0) output.say(`${counted(late, 'message')} came too late; see _parquetry/rejects/late.`);
  if (unusable > 0)
    output.say(
      `${counted(unusable, 'message')} without a usable type or ledger; see _parquetry/rejects/runs.`,
    );
  output.document({ workflowId: id, ...result });
  return 0;
}

function detached(id: string, session: Session, output: Output): number {
  const why =
    session.worker === undefined
      ? 'It continues without this command.'
      : 'Its worker ran in this command, so it is paused.';
  output.note(`\nDetached from ${id}. ${why}`);
  output.note(
    `The same command, \`parquetry attach ${id}\` or \`parquetry dev\` continues it; \`parquetry stop ${id}\` ends it.`,
  );
  output.document({ workflowId: id, detached: true });
  return 130;
}

function parkedTail(id: string, { failures, cursor }: TailProgress): ParquetryError {
  const reasons = failures.map(
    ({ dataset, step, code, message }) => `${dataset}: ${step} ${code}: ${message}`,
  );
  return new ParquetryError('PARTITIONS_PARKED', `The tail is parked at ledger ${cursor ?? '–'}.`, {
    details: { run: id, cursor: cursor ?? null },
    hint: [
      ...reasons,
      ...failures.flatMap(({ hint }) => hint ?? []),
      'Fix the cause, then:',
      `  parquetry retry ${id}`,
    ].join('\n'),
  });
}

function tailFacts({ phase, cursor, lag, flushes, tally, late, unusable }: TailProgress): string[] {
  return [
    `${phase}: next ledger ${cursor ?? '–'}`,
    ...(lag === undefined
      ? []
      : [`${lag.ledgers} ledgers${lag.seconds === undefined ? '' : ` (${lag.seconds} s)`} behind`]),
    `${flushes} flushes`,
    `${formatCount(tally.ledgers)} ledgers`,
    `${formatCount(tally.rows)} rows`,
    ...(late > 0 ? [`${late} late`] : []),
    ...(unusable > 0 ? [`${unusable} unusable`] : []),
  ];
}

import { ParquetryError } from '@parquetry/core';
import { listUrl } from '@parquetry/temporal';
import {
  type BackfillInput,
  type BackfillProgress,
  type BackfillResult,
  parkedQuery,
} from '@parquetry/workflows';
import { type FollowEnd, followRun, parkedError } from './follow';
import { onInterrupt } from './interrupt';
import type { Output } from './output';
import { settledOf } from './screen/lines';
import { partitionSteps } from './screen/steps';
import { progressView } from './screen/view';
import type { Session } from './session';
import { printResult } from './summary';

/** Follows a run in this terminal; shared with `attach`. */
export async function attachTo(
  session: Session,
  run: string,
  input: Pick<BackfillInput, 'spec'>,
  output: Output,
  link: string | undefined,
): Promise<number> {
  const view = progressView(output);
  const interrupt = onInterrupt();
  let last: BackfillProgress | undefined;
  try {
    const end = await followHere(session, run, interrupt.signal, async (progress) => {
      last = progress;
      const inflight = progress.inflight?.slice(0, view.wanted()) ?? [];
      view.update(
        progress,
        inflight.length === 0 ? undefined : await partitionSteps(session.client, run, inflight),
      );
    });
    view.end();
    if (end.kind === 'detached') return sayPaused(run, session, output, last);
    if (end.kind === 'blocked')
      return output.fail(parkedError(run, end.progress, whereParked(session, run)), {
        workflowId: run,
        progress: end.progress,
        ...(link === undefined ? {} : { url: link, parkedUrl: parkedList(session, run) }),
      });
    return finish(run, end.result, input, output);
  } finally {
    view.end();
    interrupt.dispose();
  }
}

/**
 * Follows a run, as `followRun`. Fails if the worker in this process stops first: there may be no other worker.
 * @throws ParquetryError the failure of the run, INTERNAL
 */
export async function followHere(
  session: Session,
  run: string,
  signal: AbortSignal,
  onProgress: (progress: BackfillProgress) => void | Promise<void>,
): Promise<FollowEnd> {
  const died = session.worker?.stopped.then(() => undefined) ?? new Promise<undefined>(() => {});
  died.catch(() => undefined);
  const end = await Promise.race([followRun(session.client, run, signal, onProgress), died]);
  if (end === undefined)
    throw new ParquetryError('INTERNAL', 'The worker in this process stopped before the run ended.');
  return end;
}

/** URL of a run's parked partitions in the Web UI, if the UI's address is known. */
export function parkedList({ uiUrl, namespace }: Session, run: string): string | undefined {
  return uiUrl === undefined ? undefined : listUrl(uiUrl, namespace, parkedQuery(run));
}

/** A line with that URL; the embedded server stops with this command unless `parquetry dev` runs. */
export function whereParked(session: Session, run: string): string | undefined {
  const list = parkedList(session, run);
  const keeper = session.worker === undefined ? '' : ' (run `parquetry dev` to open it)';
  return list === undefined ? undefined : `Parked partitions in the Temporal UI${keeper}: ${list}`;
}

/** After Ctrl-C: what is committed, what continues without this command, and how to come back. */
function sayPaused(
  run: string,
  session: Session,
  output: Output,
  progress: BackfillProgress | undefined,
): number {
  const { total = 0, parked = 0 } = progress ?? {};
  output.note(
    `\nDetached from ${run}` +
      (progress === undefined || total === 0
        ? '.'
        : `: ${settledOf(progress)} of ${total} partitions are complete${parked > 0 ? `, ${parked} are parked` : ''}.`),
  );
  output.note(
    session.worker === undefined
      ? 'The run continues without this command. To follow it again:'
      : 'Its worker ran in this command, so the run is paused; steps that are running end first. To continue it:',
  );
  output.note(`  parquetry attach ${run}`);
  if (session.worker !== undefined) output.note('or keep a worker running with `parquetry dev`.');
  output.document({ workflowId: run, detached: true });
  return 130;
}

function finish(
  run: string,
  result: BackfillResult,
  input: Pick<BackfillInput, 'spec'>,
  output: Output,
): number {
  const { spec } = input;
  printResult(result, spec, output);
  const error = rejectsError(result, spec);
  if (error !== undefined) return output.fail(error, { workflowId: run, ...result });
  output.document({ workflowId: run, ...result });
  return 0;
}

/** The error of a finished run with more unusable messages than it allows. */
export function rejectsError(
  { unusable, rejects }: BackfillResult,
  { maxRejects }: BackfillInput['spec'],
): ParquetryError | undefined {
  if (unusable <= maxRejects) return undefined;
  return new ParquetryError(
    'REJECTS_EXCEEDED',
    `${unusable} messages of the source have no usable type or ledger; they are in no dataset.`,
    {
      details: { unusable, maxRejects, rejects: rejects ?? null },
      hint: `Their rejects are in ${rejects ?? 'the archive'}. Fix the source, or allow them with --max-rejects ${unusable}.`,
    },
  );
}

import { ParquetryError } from '@parquetry/core';
import { listUrl } from '@parquetry/temporal';
import { type BackfillInput, type BackfillResult, parkedQuery } from '@parquetry/workflows';
import { followRun, parkedError } from './follow';
import { onInterrupt } from './interrupt';
import type { Output } from './output';
import { progressView } from './progress';
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
  try {
    // If the worker in this process fails the command must end: there may be no other worker.
    const died = session.worker?.stopped.then(() => undefined) ?? new Promise<undefined>(() => {});
    died.catch(() => undefined);
    const following = followRun(session.client, run, interrupt.signal, (progress) => view.update(progress));
    const end = await Promise.race([following, died]);
    view.end();
    if (end === undefined)
      throw new ParquetryError('INTERNAL', 'The worker in this process stopped before the run ended.');
    if (end.kind === 'detached') return sayPaused(run, session, output);
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

function sayPaused(run: string, session: Session, output: Output): number {
  const why =
    session.worker === undefined
      ? 'It continues without this command.'
      : 'Its worker ran in this command, so the run is paused.';
  output.note(`\nDetached from ${run}. ${why}`);
  output.note(`The same command, \`parquetry attach ${run}\` or \`parquetry dev\` continues it.`);
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
  const tooMany = result.unusable > spec.maxRejects;
  printResult(result, spec, output);
  if (!tooMany) {
    output.document({ workflowId: run, ...result });
    return 0;
  }
  const error = new ParquetryError(
    'REJECTS_EXCEEDED',
    `${result.unusable} messages of the source have no usable type or ledger; they are in no dataset.`,
    {
      details: { unusable: result.unusable, maxRejects: spec.maxRejects, rejects: result.rejects ?? null },
      hint: `Their rejects are in ${result.rejects ?? 'the archive'}. Fix the source, or allow them with --max-rejects ${result.unusable}.`,
    },
  );
  return output.fail(error, { workflowId: run, ...result });
}

import { createHash } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import { ParquetryError, formatRange } from '@parquetry/core';
import { devHome, listUrl, loadTemporalConfig, readDevServer, workflowUrl } from '@parquetry/temporal';
import {
  ATTRIBUTES,
  type BackfillInput,
  type BackfillResult,
  TASK_QUEUE,
  parkedQuery,
  progress as progressQuery,
  retryPartitions,
} from '@parquetry/workflows';
import { followRun, parkedError } from '../follow';
import { onInterrupt } from '../interrupt';
import { type BackfillOptions, type WorkerSettings, backfillInput } from '../options';
import type { Output } from '../output';
import { preflight } from '../preflight';
import { progressView } from '../progress';
import { type Session, openSession } from '../session';
import { startWorkflow } from '../startworkflow';
import { printResult } from '../summary';

/** `parquetry backfill`: starts a run, or goes on with the same one, and follows it to its end. */
export async function backfill(
  options: BackfillOptions & { readonly detach?: boolean; readonly id?: string },
  settings: WorkerSettings,
  output: Output,
): Promise<number> {
  return startRun(backfillInput(options), options, settings, output);
}

/** Starts a run, or goes on with the same one, and follows it; `audit --fix` starts its repairs here too. */
export async function startRun(
  input: BackfillInput,
  options: { readonly detach?: boolean; readonly id?: string },
  settings: WorkerSettings,
  output: Output,
): Promise<number> {
  const run = options.id ?? runId(input);
  const embedded = !loadTemporalConfig().configured;
  if (options.detach === true && embedded && !(await hasKeeper()))
    throw new ParquetryError('USAGE', '--detach needs a Temporal server that goes on after this command.', {
      hint: 'Run `parquetry dev` in this folder in another terminal, or set TEMPORAL_ADDRESS.',
    });
  await preflight(input.spec, embedded);
  const session = await openSession({
    output,
    worker: options.detach === true ? 'never' : 'embedded',
    settings,
  });
  try {
    const started = await startOrJoin(session, run, input);
    const link = session.uiUrl === undefined ? undefined : workflowUrl(session.uiUrl, session.namespace, run);
    output.note(
      `${started ? 'Run' : 'Going on with run'} ${run}, ledgers ${formatRange(input.spec.range)} (inclusive)`,
    );
    if (link !== undefined) output.note(`Temporal UI: ${link}`);
    if (options.detach === true) {
      output.say(`Detached. \`parquetry attach ${run}\` follows it.`);
      output.document({
        workflowId: run,
        started,
        ...(link === undefined ? {} : { url: link, parkedUrl: parkedList(session, run) }),
      });
      return 0;
    }
    return await attachTo(session, run, input, output, link);
  } finally {
    await session.close();
  }
}

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
    // A worker that dies must end the command: nobody else would do its work.
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

/** Address of the list of a run's parked partitions in the Web UI, where that is known. */
export function parkedList({ uiUrl, namespace }: Session, run: string): string | undefined {
  return uiUrl === undefined ? undefined : listUrl(uiUrl, namespace, parkedQuery(run));
}

/** A line with that address; the embedded server ends with this command unless `parquetry dev` runs. */
export function whereParked(session: Session, run: string): string | undefined {
  const list = parkedList(session, run);
  const keeper = session.worker === undefined ? '' : ' (`parquetry dev` keeps it up)';
  return list === undefined ? undefined : `Parked partitions in the Temporal UI${keeper}: ${list}`;
}

function sayPaused(run: string, session: Session, output: Output): number {
  const why =
    session.worker === undefined
      ? 'It goes on without this command.'
      : 'Its worker was here, so the run is paused.';
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
      hint: `They are kept with their reasons in ${result.rejects ?? 'the archive'}. Mend the source, or allow them with --max-rejects ${result.unusable}.`,
    },
  );
  return output.fail(error, { workflowId: run, ...result });
}

/** Starts the run; when the same one is running already, joins it and sends on what waits for a person. */
async function startOrJoin(session: Session, run: string, input: BackfillInput): Promise<boolean> {
  const { spec } = input;
  const { client } = session;
  try {
    await startWorkflow(session, () =>
      client.workflow.start('backfill', {
        workflowId: run,
        taskQueue: TASK_QUEUE,
        args: [input],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowIdConflictPolicy: 'FAIL',
        staticSummary:
          `${spec.types?.join(', ') ?? 'all message types'} · ledgers ${formatRange(spec.range)}`.slice(
            0,
            380,
          ),
        typedSearchAttributes: [
          { key: ATTRIBUTES.run, value: run },
          { key: ATTRIBUTES.ledgerStart, value: spec.range.start },
          { key: ATTRIBUTES.ledgerEnd, value: spec.range.end },
          ...(spec.types === undefined ? [] : [{ key: ATTRIBUTES.datasets, value: [...spec.types] }]),
          ...(spec.network === undefined ? [] : [{ key: ATTRIBUTES.network, value: spec.network }]),
        ],
      }),
    );
    return true;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
  const handle = client.workflow.getHandle(run);
  const state = await handle.query(progressQuery);
  if (state.parked > 0 || state.faults !== undefined)
    await handle.executeUpdate(retryPartitions, { args: [{ all: true }] });
  return false;
}

/** The same input is the same run: a command typed again goes on with it instead of startWorkflow another. */
function runId(input: BackfillInput): string {
  const { spec, onFailure } = input;
  const hash = createHash('sha256').update(JSON.stringify({ spec, onFailure })).digest('hex').slice(0, 8);
  return `backfill-${formatRange(input.spec.range)}-${hash}`;
}

async function hasKeeper(): Promise<boolean> {
  return (await readDevServer(devHome()))?.users.some((user) => user.foreground) ?? false;
}

/** True when an error says that there is no such workflow. */
export function isNoWorkflow(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError;
}

import { createHash } from 'node:crypto';
import { formatRange } from '@parquetry/core';
import { loadTemporalConfig, sdk, workflowUrl } from '@parquetry/temporal';
import {
  ATTRIBUTES,
  type BackfillInput,
  TASK_QUEUE,
  progress as progressQuery,
  retryPartitions,
} from '@parquetry/workflows';
import { attachTo, parkedList } from './attachrun';
import { runInput } from './existingrun';
import { assertUnchanged, runChanges } from './optionchanges';
import type { Output } from './output';
import { type Session, assertDetachable, hasKeeper, openSession } from './session';
import { sendRequest, startWorkflow } from './startworkflow';
import type { WorkerSettings } from './workeroptions';

/** Starts a run, or continues the same one, and follows it; `audit --fix` starts its repairs here too. */
export async function startRun(
  input: BackfillInput,
  options: { readonly detach?: boolean; readonly id?: string; readonly ledgers?: string },
  settings: WorkerSettings,
  output: Output,
): Promise<number> {
  const run = options.id ?? runId(input);
  if (options.detach === true) await assertDetachable();
  await checkFirst(input.spec);
  const session = await openSession({
    output,
    worker: options.detach === true ? 'never' : 'embedded',
    settings,
  });
  try {
    const started = await startOrJoin(session, run, input, options.ledgers);
    const link = session.uiUrl === undefined ? undefined : workflowUrl(session.uiUrl, session.namespace, run);
    output.note(
      `${started ? 'Run' : 'Continuing run'} ${run}, ledgers ${formatRange(input.spec.range)} (inclusive)`,
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

/** Checks archive and source before the run starts, if this process is the one to do it. Writes nothing. */
export async function checkFirst(spec: BackfillInput['spec']): Promise<void> {
  if (!(await needsPreflight(spec))) return;
  const { preflight } = require('./preflight') as typeof import('./preflight');
  await preflight(spec);
}

/**
 * Whether this process checks archive and source before it starts a run. Not if a worker is running: the plan step
 * reports the same faults at once, and only the workers of a cluster see local paths. For a cluster, remote archives are
 * checked here too.
 */
async function needsPreflight({ archive }: BackfillInput['spec']): Promise<boolean> {
  return loadTemporalConfig().configured ? /^(s3|gs):/.test(archive) : !(await hasKeeper());
}

/**
 * Starts the run. If it is running already, joins it and retries what is parked.
 * @param ledgers the range as it was typed: `latest` has moved since the run started
 * @throws ParquetryError USAGE if it runs with other settings
 */
export async function startOrJoin(
  session: Session,
  run: string,
  input: BackfillInput,
  ledgers = '',
): Promise<boolean> {
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
    if (!(error instanceof sdk.WorkflowExecutionAlreadyStartedError)) throw error;
  }
  const handle = client.workflow.getHandle(run);
  const running: BackfillInput = await runInput(handle, session);
  assertSame(run, running, sinceStart(input, running, ledgers));
  const state = await handle.query(progressQuery);
  if (state.parked > 0 || state.faults !== undefined)
    await sendRequest(session, handle, 'update', () =>
      handle.executeUpdate(retryPartitions, { args: [{ all: true }] }),
    );
  return false;
}

/** The input with the bounds of the running run where they are relative to the newest ledger. */
function sinceStart(input: BackfillInput, running: BackfillInput, ledgers: string): BackfillInput {
  if (!ledgers.includes('latest')) return input;
  const { start, end } = running.spec.range;
  const first = /^\s*latest/.test(ledgers) ? start : input.spec.range.start;
  return { ...input, spec: { ...input.spec, range: { start: first, end } } };
}

/** `--id` may name a run of other ledgers. @throws ParquetryError USAGE */
function assertSame(run: string, running: BackfillInput, asked: BackfillInput): void {
  assertUnchanged(
    'run',
    run,
    runChanges(running, asked),
    `Give this run another --id, or end the other one with \`parquetry cancel ${run}\`.`,
  );
}

/** Derives the run's id from its input, so that repeating a command continues its run. */
export function runId(input: BackfillInput): string {
  const { spec, onFailure } = input;
  const hash = createHash('sha256').update(JSON.stringify({ spec, onFailure })).digest('hex').slice(0, 8);
  return `backfill-${formatRange(input.spec.range)}-${hash}`;
}

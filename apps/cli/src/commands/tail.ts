import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowExecutionAlreadyStartedError, type WorkflowHandle } from '@temporalio/client';
import { ParquetryError } from '@parquetry/core';
import { devHome, loadTemporalConfig, readDevServer } from '@parquetry/temporal';
import {
  ATTRIBUTES,
  type FlushPolicy,
  TASK_QUEUE,
  type TailFrom,
  type TailInput,
  type TailProgress,
  type TailResult,
  policyFault,
  tailProgress,
} from '@parquetry/workflows';
import { optionChanges } from '../optionchanges';
import { runFailure } from '../follow';
import { readHistory } from '../history';
import { onInterrupt } from '../interrupt';
import { type BackfillOptions, type WorkerSettings, backfillInput } from '../options';
import { type Output, formatCount } from '../output';
import { type Session, openSession, workflowLink } from '../session';
import { startWorkflow } from '../startworkflow';

/** Options of `tail` as commander gives them. */
export interface TailOptions extends Omit<
  BackfillOptions,
  'ledgers' | 'concurrency' | 'maxParked' | 'onFailure'
> {
  readonly from: TailFrom;
  readonly maxRows?: number;
  readonly maxBytes?: number;
  /** Seconds. */
  readonly maxAge?: number;
  readonly lag: number;
  readonly until?: number;
  /** Seconds; two where nothing is said. */
  readonly poll?: number;
  readonly detach?: boolean;
}

const LOOK_MS = 1_000;
const POLL_SECONDS = 2;

/** `parquetry tail`: starts the tail of an archive and source, or attaches to the one that runs. */
export async function tail(options: TailOptions, settings: WorkerSettings, output: Output): Promise<number> {
  const input = tailInput(options);
  const id = tailId(input);
  const embedded = !loadTemporalConfig().configured;
  const kept = (await readDevServer(devHome()))?.users.some((user) => user.foreground) ?? false;
  if (options.detach === true && embedded && !kept)
    throw new ParquetryError('USAGE', '--detach needs a Temporal server that goes on after this command.', {
      hint: 'Run `parquetry dev` in this folder in another terminal, or set TEMPORAL_ADDRESS.',
    });
  const worker = options.detach === true ? 'never' : 'embedded';
  const session = await openSession({ output, worker, settings });
  try {
    const started = await startTail(session, id, input);
    const url = workflowLink(session, id);
    output.note(`${started ? 'Tail' : 'Attached to the tail'} ${id}`);
    if (url !== undefined) output.note(`Temporal UI: ${url}`);
    if (options.detach !== true) return await followTail(session, id, output);
    output.say(`Detached. \`parquetry attach ${id}\` follows it, \`parquetry stop ${id}\` ends it.`);
    output.document({ workflowId: id, started, ...(url === undefined ? {} : { url }) });
    return 0;
  } finally {
    await session.close();
  }
}

/** Follows a tail until it ends, is parked, or Ctrl-C; shared with `attach`. */
export async function followTail(session: Session, id: string, output: Output): Promise<number> {
  const interrupt = onInterrupt();
  const handle = session.client.workflow.getHandle(id);
  let died = false;
  const watching = session.worker?.stopped.finally(() => (died = true));
  watching?.catch(() => undefined);
  let last = '';
  try {
    for (;;) {
      if (interrupt.signal.aborted) return detached(id, session, output);
      if (died)
        throw new ParquetryError('INTERNAL', 'The worker in this process stopped before the tail ended.');
      const { status } = await handle.describe();
      if (status.name !== 'RUNNING') return await ended(handle, id, output);
      const progress = await handle.query(tailProgress).catch(() => undefined);
      if (progress?.phase === 'parked')
        return output.fail(parkedTail(id, progress), { workflowId: id, progress });
      const line = progress === undefined ? '' : tailLine(progress);
      if (line !== last && line !== '') output.note(line);
      last = line;
      await sleep(LOOK_MS, undefined, { signal: interrupt.signal }).catch(() => undefined);
    }
  } finally {
    interrupt.dispose();
  }
}

/** True for the workflow id of a tail. */
export function isTail(id: string): boolean {
  return id.startsWith('tail/');
}

function tailInput(options: TailOptions): TailInput {
  const { bufferSize, maxFileSizeMb, rotationIntervalMinutes, ...rest } = options;
  const { spec } = backfillInput({
    ...rest,
    source: withFolders(options.source),
    ledgers: '1',
    concurrency: 1,
    maxParked: 1,
    onFailure: 'park',
  });
  const { range: _, ...endless } = spec;
  const policy = flushPolicy(options);
  const fault = policyFault(policy);
  if (fault !== undefined) throw new ParquetryError('USAGE', `${fault}.`);
  // A flush is a file of each dataset. Its size is an estimate, so only what is far beyond it is cut in two.
  const files = policy.maxFileBytes === undefined ? {} : { maxFileBytes: policy.maxFileBytes * 2 };
  return {
    spec: { ...endless, settings: { ...endless.settings, ...files } },
    from: options.from,
    lag: options.lag,
    policy,
    pollSeconds: options.poll ?? POLL_SECONDS,
    ...(options.until === undefined ? {} : { until: options.until }),
  };
}

/** When a flush ends. As for a backfill's files, who asks for a size of files gets it: no other size is assumed then. */
function flushPolicy(options: TailOptions): FlushPolicy {
  const { bufferSize, maxFileSizeMb, rotationIntervalMinutes, maxAge } = options;
  const { maxRows = bufferSize ?? (maxFileSizeMb === undefined ? 10_000 : undefined) } = options;
  const { maxBytes = maxFileSizeMb === undefined ? 64_000_000 : undefined } = options;
  return {
    ...(maxRows === undefined ? {} : { maxRows }),
    ...(maxBytes === undefined ? {} : { maxBytes }),
    ...(maxFileSizeMb === undefined ? {} : { maxFileBytes: maxFileSizeMb * 1_000_000 }),
    maxAgeSeconds: maxAge ?? (rotationIntervalMinutes ?? 10) * 60,
  };
}

/** A folder of messages stands for the NDJSON files in it, also those to come. */
function withFolders(source: string): string {
  if (!source.startsWith('ndjson:')) return source;
  const parts = source.slice('ndjson:'.length).split(',');
  const isFolder = (part: string): boolean =>
    statSync(part, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return `ndjson:${parts.map((part) => (isFolder(part.trim()) ? path.join(part.trim(), '*.ndjson') : part)).join(',')}`;
}

/** One tail for an archive and a source. */
function tailId({ spec }: TailInput): string {
  const text = JSON.stringify([spec.archive, spec.source.uri]);
  return `tail/${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
}

async function startTail(session: Session, id: string, input: TailInput): Promise<boolean> {
  const { spec } = input;
  try {
    await startWorkflow(session, () =>
      session.client.workflow.start('tail', {
        workflowId: id,
        taskQueue: TASK_QUEUE,
        args: [input],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowIdConflictPolicy: 'FAIL',
        staticSummary: `tail of ${spec.types?.join(', ') ?? 'all message types'} from ${input.from}`.slice(
          0,
          380,
        ),
        typedSearchAttributes: [
          { key: ATTRIBUTES.run, value: id },
          ...(spec.types === undefined ? [] : [{ key: ATTRIBUTES.datasets, value: [...spec.types] }]),
          ...(spec.network === undefined ? [] : [{ key: ATTRIBUTES.network, value: spec.network }]),
        ],
      }),
    );
    return true;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
  await assertSame(session, id, input);
  return false;
}

/** A tail that runs goes on as it was started: one that is asked for in another way is not that. @throws ParquetryError USAGE */
async function assertSame({ client }: Session, id: string, input: TailInput): Promise<void> {
  const running = (await readHistory(client.workflow.getHandle(id))).input as TailInput;
  const differing = optionChanges(running, input);
  if (differing.length === 0) return;
  throw new ParquetryError('USAGE', `The tail ${id} runs with other settings than these.`, {
    details: { tail: id },
    hint: [
      ...differing,
      `\`parquetry attach ${id}\` follows it as it is; to change it, \`parquetry stop ${id}\` and start it again.`,
    ].join('\n'),
  });
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
    output.say(
      `${formatCount(tally.rejected)} messages were rejected; see _parquetry/rejects in the archive.`,
    );
  if (late > 0) output.say(`${formatCount(late)} late messages are kept in _parquetry/rejects/late.`);
  if (unusable > 0)
    output.say(
      `${formatCount(unusable)} messages have no usable type or ledger: they are kept in _parquetry/rejects/runs.`,
    );
  output.document({ workflowId: id, ...result });
  return 0;
}

function detached(id: string, session: Session, output: Output): number {
  const why =
    session.worker === undefined ? 'It goes on without this command.' : 'Its worker was here, so it waits.';
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
      'Mend the cause, then:',
      `  parquetry retry ${id}`,
    ].join('\n'),
  });
}

function tailLine({ phase, cursor, lag, flushes, tally, late, unusable }: TailProgress): string {
  const behind =
    lag === undefined
      ? ''
      : `, ${lag.ledgers} ledgers${lag.seconds === undefined ? '' : ` (${lag.seconds} s)`} behind`;
  return (
    `${phase}: next ledger ${cursor ?? '–'}${behind}, ${flushes} flushes, ${formatCount(tally.ledgers)} ledgers, ` +
    `${formatCount(tally.rows)} rows${late > 0 ? `, ${late} late` : ''}${unusable > 0 ? `, ${unusable} unusable` : ''}`
  );
}

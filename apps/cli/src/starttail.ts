import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import path from 'node:path';
import { ALL_LEDGERS, ParquetryError } from '@parquetry/core';
import {
  ATTRIBUTES,
  type FlushPolicy,
  TASK_QUEUE,
  type TailFrom,
  type TailInput,
  policyFault,
  readHistory,
} from '@parquetry/workflows';
import { sdk } from '@parquetry/temporal';
import { assertUnchanged, optionChanges } from './optionchanges';
import type { SpecOptions } from './runoptions';
import { runSpec } from './runspec';
import type { Noting } from './sayranges';
import type { Session } from './session';
import { startWorkflow } from './startworkflow';
import type { WorkerOptions } from './workeroptions';

/** Options of `tail`, as parsed by commander. */
export interface TailOptions extends SpecOptions, WorkerOptions {
  /** `committed`, or a point. */
  readonly from: number | string;
  readonly maxRows?: number;
  readonly maxBytes?: number;
  /** Seconds. */
  readonly maxAge?: number;
  readonly lag: number;
  readonly until?: number | string;
  /** Seconds. */
  readonly poll: number;
  readonly detach?: boolean;
}

/**
 * The input of a tail; ledgers that are given by time or counted from the newest one are resolved through the source.
 * @throws ParquetryError with exit code 2, naming the option
 */
export async function tailInput(options: TailOptions, output: Noting): Promise<TailInput> {
  const { bufferSize, maxFileSizeMb, rotationIntervalMinutes, ...rest } = options;
  const own = { ...options, source: withFolders(options.source) };
  const spec = runSpec({ ...rest, source: own.source }, {});
  const policy = flushPolicy(options);
  const fault = policyFault(policy);
  if (fault !== undefined) throw new ParquetryError('USAGE', `${fault}.`);
  // A flush is one file per dataset. Its size is an estimate, so only much larger files are split.
  const files = policy.maxFileBytes === undefined ? {} : { maxFileBytes: policy.maxFileBytes * 2 };
  return {
    spec: { ...spec, settings: { ...spec.settings, ...files } },
    from: await startPoint(own, options.from, output),
    lag: options.lag,
    policy,
    pollSeconds: options.poll,
    ...(options.until === undefined ? {} : { until: await sourcePoint(own, options.until, 'end', output) }),
  };
}

/**
 * The bounds that count from the newest ledger: the same option means another ledger later. `--from latest` is no such
 * bound: the tail itself resolves it.
 */
export function movingBounds({ from, until }: Pick<TailOptions, 'from' | 'until'>): ('from' | 'until')[] {
  return [
    ...(/^latest-/.test(String(from)) ? (['from'] as const) : []),
    ...(/^latest/.test(String(until)) ? (['until'] as const) : []),
  ];
}

/** Where a tail or a schedule starts; `latest` is resolved when it starts. */
export async function startPoint(
  options: SpecOptions,
  from: number | string,
  output: Noting,
): Promise<TailFrom> {
  return from === 'committed' || from === 'latest' ? from : sourcePoint(options, from, 'start', output);
}

async function sourcePoint(
  options: SpecOptions,
  point: number | string,
  as: 'start' | 'end',
  output: Noting,
): Promise<number> {
  if (typeof point === 'number') return point;
  const { sourceLedger } = require('./sourceledgers') as typeof import('./sourceledgers');
  return sourceLedger(runSpec(options, { range: ALL_LEDGERS }), point, as, output);
}

/** When a flush ends. If a file size is set, the defaults for rows and bytes do not apply. */
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

/** Replaces a folder of messages with a glob of its NDJSON files, which includes future files. */
function withFolders(source: string): string {
  if (!source.startsWith('ndjson:')) return source;
  const parts = source.slice('ndjson:'.length).split(',');
  const isFolder = (part: string): boolean =>
    statSync(part, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return `ndjson:${parts.map((part) => (isFolder(part.trim()) ? path.join(part.trim(), '*.ndjson') : part)).join(',')}`;
}

/** The workflow id of a tail: one per archive and source. */
export function tailId({ spec }: TailInput): string {
  const text = JSON.stringify([spec.archive, spec.source.uri]);
  return `tail/${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
}

/**
 * Starts a tail; false if it is already running.
 * @param moving see `optionChanges`
 * @throws ParquetryError USAGE if it runs with other settings
 */
export async function startTail(
  session: Session,
  id: string,
  input: TailInput,
  moving: readonly ('from' | 'until')[],
): Promise<boolean> {
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
    if (!(error instanceof sdk.WorkflowExecutionAlreadyStartedError)) throw error;
  }
  await assertSame(session, id, input, moving);
  return false;
}

/** A running tail keeps its settings. @throws ParquetryError USAGE if others are requested */
async function assertSame(
  { client }: Session,
  id: string,
  input: TailInput,
  moving: readonly ('from' | 'until')[],
): Promise<void> {
  const running = (await readHistory(client.workflow.getHandle(id))).input as TailInput;
  assertUnchanged(
    'tail',
    id,
    optionChanges(running, input, moving),
    `To change its settings, run \`parquetry stop ${id}\` and start it again.`,
  );
}

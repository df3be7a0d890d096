import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import path from 'node:path';
import { ParquetryError } from '@parquetry/core';
import {
  ATTRIBUTES,
  type FlushPolicy,
  TASK_QUEUE,
  type TailFrom,
  type TailInput,
  policyFault,
  readHistory,
} from '@parquetry/workflows';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { optionChanges } from './optionchanges';
import type { SpecOptions } from './runoptions';
import { runSpec } from './runspec';
import type { Session } from './session';
import { startWorkflow } from './startworkflow';
import type { WorkerOptions } from './workeroptions';

/** Options of `tail` as commander gives them. */
export interface TailOptions extends SpecOptions, WorkerOptions {
  readonly from: TailFrom;
  readonly maxRows?: number;
  readonly maxBytes?: number;
  /** Seconds. */
  readonly maxAge?: number;
  readonly lag: number;
  readonly until?: number;
  /** Seconds. */
  readonly poll: number;
  readonly detach?: boolean;
}

/** What a tail is started with. @throws ParquetryError with exit code 2, naming the option */
export function tailInput(options: TailOptions): TailInput {
  const { bufferSize, maxFileSizeMb, rotationIntervalMinutes, ...rest } = options;
  const spec = runSpec({ ...rest, source: withFolders(options.source) }, {});
  const policy = flushPolicy(options);
  const fault = policyFault(policy);
  if (fault !== undefined) throw new ParquetryError('USAGE', `${fault}.`);
  // A flush is a file of each dataset. Its size is an estimate, so only what is far beyond it is cut in two.
  const files = policy.maxFileBytes === undefined ? {} : { maxFileBytes: policy.maxFileBytes * 2 };
  return {
    spec: { ...spec, settings: { ...spec.settings, ...files } },
    from: options.from,
    lag: options.lag,
    policy,
    pollSeconds: options.poll,
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

/** A folder of messages means the NDJSON files in it, also future ones. */
function withFolders(source: string): string {
  if (!source.startsWith('ndjson:')) return source;
  const parts = source.slice('ndjson:'.length).split(',');
  const isFolder = (part: string): boolean =>
    statSync(part, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return `ndjson:${parts.map((part) => (isFolder(part.trim()) ? path.join(part.trim(), '*.ndjson') : part)).join(',')}`;
}

/** One tail for an archive and a source. */
export function tailId({ spec }: TailInput): string {
  const text = JSON.stringify([spec.archive, spec.source.uri]);
  return `tail/${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
}

/** Starts a tail; false when the same one is already running. @throws ParquetryError USAGE for other settings than it has */
export async function startTail(session: Session, id: string, input: TailInput): Promise<boolean> {
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

/** A running tail keeps the settings it was started with. @throws ParquetryError USAGE when others are asked for */
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

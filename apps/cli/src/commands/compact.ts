import { createHash } from 'node:crypto';
import type { Archive } from '@parquetry/archive';
import { type LedgerRange, ParquetryError, formatRange } from '@parquetry/core';
import type { CompactInput, CompactProgress, VerifyLevel } from '@parquetry/workflows';
import type { Define } from '../cli';
import { onInterrupt } from '../interrupt';
import type { Output } from '../output';
import { typeNames } from '../parsers';
import { WORKER_SETTINGS, type WorkerOptions, workerSettings } from '../workeroptions';

interface Options extends WorkerOptions {
  readonly archive: string;
  readonly types?: string;
  readonly ledgers?: string;
  readonly partitionSize: number;
  /** Bytes. */
  readonly targetSize?: number;
  readonly verify: VerifyLevel;
  readonly keepReplaced?: boolean;
}

/** `parquetry compact` */
export const define: Define = ({ command, output, run }) =>
  command('compact', 'merge small segments into larger ones, in one commit each', 'Maintain')
    .settings(
      [
        'archive',
        'types',
        'ledgers',
        'partition-size',
        'target-size',
        'verify',
        'keep-replaced',
        'region',
        ...WORKER_SETTINGS,
      ],
      {
        required: ['archive'],
        docs: {
          types: 'only these datasets, separated by commas (default: all)',
          ledgers: 'only segments inside these ledgers',
        },
      },
    )
    .writes()
    .example('parquetry compact --archive ./archive --target-size 256MB')
    .action((options: Options) => run(() => compact(options, output)));

/** Compacts each range, or the whole archive. */
async function compact(options: Options, output: Output): Promise<number> {
  if (options.ledgers === undefined) return compactRange(options, undefined, output);
  const { openArchive } = require('../archive') as typeof import('../archive');
  const { archiveRanges } = require('../archiveledgers') as typeof import('../archiveledgers');
  const { eachRange } = require('../eachrange') as typeof import('../eachrange');
  const datasets = options.types === undefined ? undefined : typeNames(options.types);
  const open = async (): Promise<Archive> => (await openArchive(options.archive)).archive;
  const ranges = await archiveRanges(open, options.ledgers, output, datasets && { datasets });
  return eachRange(ranges ?? [], output, (range, to) => compactRange(options, range, to));
}

/** Starts or joins a compaction, and waits for its end. */
async function compactRange(
  options: Options,
  range: LedgerRange | undefined,
  output: Output,
): Promise<number> {
  const { ATTRIBUTES, TASK_QUEUE } = require('@parquetry/workflows') as typeof import('@parquetry/workflows');
  const { sdk } = require('@parquetry/temporal') as typeof import('@parquetry/temporal');
  const { runFailure } = require('../follow') as typeof import('../follow');
  const { openSession } = require('../session') as typeof import('../session');
  const { startWorkflow } = require('../startworkflow') as typeof import('../startworkflow');
  const settings = workerSettings(options);
  const input = compactInput(options, range);
  const hash = createHash('sha256').update(JSON.stringify(input)).digest('hex').slice(0, 12);
  const id = `compact/${hash}`;
  const session = await openSession({ output, worker: 'embedded', settings });
  const interrupt = onInterrupt();
  try {
    await startWorkflow(session, () =>
      session.client.workflow.start('compact', {
        workflowId: id,
        taskQueue: TASK_QUEUE,
        args: [input],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowIdConflictPolicy: 'FAIL',
        staticSummary: `compact ${options.types ?? 'all datasets'}${input.range === undefined ? '' : ` · ledgers ${formatRange(input.range)}`}`,
        typedSearchAttributes: [{ key: ATTRIBUTES.run, value: id }],
      }),
    ).catch((error: unknown) => {
      if (!(error instanceof sdk.WorkflowExecutionAlreadyStartedError)) throw error;
    });
    output.note(`Compaction ${id}`);
    const stop = new AbortController();
    const result = session.client.withAbortSignal(stop.signal, () =>
      session.client.workflow
        .getHandle(id)
        .result()
        .catch((error: unknown) => {
          throw runFailure(error, id);
        }),
    ) as Promise<CompactProgress>;
    const left = new Promise<undefined>((resolve) =>
      interrupt.signal.addEventListener('abort', () => resolve(undefined), { once: true }),
    );
    const done = await Promise.race([result, left]);
    stop.abort();
    await result.catch(() => undefined);
    if (done === undefined) {
      output.note(`Detached from ${id}; the same command continues it.`);
      output.document({ workflowId: id, detached: true });
      return 130;
    }
    output.say(
      done.groups === 0
        ? 'Nothing to compact: no full partition has several segments.'
        : `${done.segments} segments became ${done.groups}, ${done.filesBefore} files became ${done.filesAfter}; ${done.rows} rows.`,
    );
    output.document({ workflowId: id, ...done });
    return 0;
  } finally {
    interrupt.dispose();
    await session.close();
  }
}

function compactInput(options: Options, range: LedgerRange | undefined): CompactInput {
  const { archiveRoot } = require('../runspec') as typeof import('../runspec');
  const { types, targetSize } = options;
  if (targetSize !== undefined && targetSize < 1)
    throw new ParquetryError('USAGE', '--target-size must be at least one byte.');
  return {
    archive: archiveRoot(options.archive),
    partitionSize: options.partitionSize,
    verify: options.verify,
    ...(types === undefined ? {} : { datasets: typeNames(types) }),
    ...(range === undefined ? {} : { range }),
    ...(targetSize === undefined ? {} : { targetBytes: targetSize }),
    ...(options.keepReplaced === true ? { keepReplaced: true } : {}),
  };
}

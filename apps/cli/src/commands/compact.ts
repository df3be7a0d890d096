import { createHash } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { ParquetryError, formatRange, parseLedgerRange } from '@parquetry/core';
import {
  ATTRIBUTES,
  type CompactInput,
  type CompactProgress,
  TASK_QUEUE,
  type VerifyLevel,
} from '@parquetry/workflows';
import { runFailure } from '../follow';
import { onInterrupt } from '../interrupt';
import { type WorkerSettings, archiveRoot } from '../options';
import type { Output } from '../output';
import { openSession } from '../session';
import { startWorkflow } from '../startworkflow';

/** Options of `compact` as commander gives them. */
export interface CompactOptions {
  readonly archive: string;
  readonly types?: string;
  readonly ledgers?: string;
  readonly partitionSize: number;
  /** Bytes. */
  readonly targetSize?: number;
  readonly verify: VerifyLevel;
  readonly keepReplaced?: boolean;
}

/** `parquetry compact`: makes few large segments of many small ones and waits for the end. */
export async function compact(
  options: CompactOptions,
  settings: WorkerSettings,
  output: Output,
): Promise<number> {
  const input = compactInput(options);
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
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
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
      output.note(`Detached from ${id}; the same command goes on with it.`);
      output.document({ workflowId: id, detached: true });
      return 130;
    }
    output.say(
      done.groups === 0
        ? 'Nothing to compact: no partition that is full has several segments.'
        : `${done.segments} segments became ${done.groups}, ${done.filesBefore} files became ${done.filesAfter}; ${done.rows} rows.`,
    );
    output.document({ workflowId: id, ...done });
    return 0;
  } finally {
    interrupt.dispose();
    await session.close();
  }
}

function compactInput(options: CompactOptions): CompactInput {
  const { types, ledgers, targetSize } = options;
  if (targetSize !== undefined && targetSize < 1)
    throw new ParquetryError('USAGE', '--target-size is at least one byte.');
  return {
    archive: archiveRoot(options.archive),
    partitionSize: options.partitionSize,
    verify: options.verify,
    ...(types === undefined ? {} : { datasets: types.split(',').map((name) => name.trim()) }),
    ...(ledgers === undefined ? {} : { range: parseLedgerRange(ledgers) }),
    ...(targetSize === undefined ? {} : { targetBytes: targetSize }),
    ...(options.keepReplaced === true ? { keepReplaced: true } : {}),
  };
}

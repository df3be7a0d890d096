import { devHome } from '@parquetry/temporal';
import { ParquetryError } from '@parquetry/core';
import { onInterrupt } from '../interrupt';
import type { WorkerSettings } from '../options';
import type { Output } from '../output';
import { openSession } from '../session';

/** `parquetry dev`: the embedded Temporal server and a worker, until Ctrl-C; other commands in the folder use them. */
export async function dev(settings: WorkerSettings, output: Output): Promise<number> {
  const session = await openSession({ output, worker: 'always', settings, foreground: true });
  const interrupt = onInterrupt();
  try {
    if (!session.embedded)
      throw new ParquetryError(
        'USAGE',
        `A Temporal server is configured (${session.address}); \`parquetry dev\` starts its own.`,
        { hint: 'Run `parquetry worker`, or unset TEMPORAL_ADDRESS.' },
      );
    output.note(`Temporal UI: ${session.uiUrl}`);
    output.note(
      `Temporal server ${session.address}, namespace ${session.namespace}; state in ${devHome().root}`,
    );
    output.note('A worker is running. Other parquetry commands in this folder use it. Ctrl-C stops both.');
    await untilStopped(session.worker?.stopped, interrupt.signal);
    return 0;
  } finally {
    // Running steps end here; a second signal while they do ends the process.
    await session.close();
    interrupt.dispose();
  }
}

/** `parquetry worker`: a worker of the configured cluster (or of the embedded server), until Ctrl-C. */
export async function worker(settings: WorkerSettings, output: Output): Promise<number> {
  const session = await openSession({ output, worker: 'always', settings });
  const interrupt = onInterrupt();
  try {
    output.note(
      `Worker ${session.worker?.workerId} takes work from ${session.address}, namespace ${session.namespace}.`,
    );
    output.note('Ctrl-C lets running steps end and stops it.');
    await untilStopped(session.worker?.stopped, interrupt.signal);
    return 0;
  } finally {
    // Running steps end here; a second signal while they do ends the process.
    await session.close();
    interrupt.dispose();
  }
}

async function untilStopped(stopped: Promise<void> | undefined, signal: AbortSignal): Promise<void> {
  const interrupted = new Promise<void>((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  await Promise.race([interrupted, ...(stopped === undefined ? [] : [stopped])]);
}

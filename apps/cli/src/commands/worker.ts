import type { Define } from '../cli';
import { onInterrupt } from '../interrupt';
import type { Output } from '../output';
import { untilStopped } from '../untilstopped';
import { WORKER_SETTINGS, type WorkerOptions, workerSettings } from '../workeroptions';

/** `parquetry worker` */
export const define: Define = ({ command, output, run }) =>
  command('worker', 'run a worker of the configured Temporal cluster until Ctrl-C', 'Run')
    .settings(['region', ...WORKER_SETTINGS])
    .example('TEMPORAL_ADDRESS=temporal.example.com:7233 parquetry worker --memory 8GB')
    .action((options: WorkerOptions) => run(() => worker(options, output)));

/** Without a configured cluster it connects to the embedded server. */
async function worker(options: WorkerOptions, output: Output): Promise<number> {
  const { openSession } = require('../session') as typeof import('../session');
  const settings = workerSettings(options);
  const session = await openSession({ output, worker: 'always', settings });
  const interrupt = onInterrupt();
  try {
    output.note(
      `Worker ${session.worker?.workerId} takes work from ${session.address}, namespace ${session.namespace}.`,
    );
    output.note('Ctrl-C stops it after its running steps.');
    await untilStopped(session.worker?.stopped, interrupt.signal);
    return 0;
  } finally {
    // Waits for running steps; a second signal ends the process at once.
    await session.close();
    interrupt.dispose();
  }
}

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

/** Without a configured cluster it works for the embedded server. */
async function worker(options: WorkerOptions, output: Output): Promise<number> {
  const { openSession } = require('../session') as typeof import('../session');
  const settings = workerSettings(options);
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

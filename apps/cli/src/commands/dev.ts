import { ParquetryError } from '@parquetry/core';
import type { LiveServer } from '@parquetry/report';
import type { Define } from '../cli';
import { onInterrupt } from '../interrupt';
import type { Output } from '../output';
import { untilStopped } from '../untilstopped';
import type { LiveOptions } from '../report/live';
import { UI_DOCS, UI_SETTINGS, WORKER_SETTINGS, type WorkerOptions, workerSettings } from '../workeroptions';

type Options = WorkerOptions & LiveOptions;

/** `parquetry dev` */
export const define: Define = ({ command, output, run }) =>
  command('dev', 'run an embedded Temporal server and a worker until Ctrl-C', 'Run')
    .settings([...UI_SETTINGS, ...WORKER_SETTINGS], { docs: UI_DOCS, all: true })
    .example('parquetry dev')
    .action((options: Options) => run(() => dev(options, output)));

/** Other commands in the folder use the server and the worker. */
async function dev(options: Options, output: Output): Promise<number> {
  const { devHome } = require('@parquetry/temporal') as typeof import('@parquetry/temporal');
  const { serveLive } = require('../report/live') as typeof import('../report/live');
  const { openSession } = require('../session') as typeof import('../session');
  const settings = workerSettings(options);
  if (settings.onlyLog === true) output.logTo(settings.log);
  const session = await openSession({ output, worker: 'always', settings, foreground: true });
  const interrupt = onInterrupt();
  let page: LiveServer | undefined;
  try {
    if (!session.embedded)
      throw new ParquetryError(
        'USAGE',
        `A Temporal server is configured (${session.address}); \`parquetry dev\` starts its own.`,
        { hint: 'Run `parquetry worker`, or unset TEMPORAL_ADDRESS.' },
      );
    output.note(`Temporal UI: ${session.uiUrl}`);
    page = await serveLive(session, options, output, true);
    output.note(
      `Temporal server ${session.address}, namespace ${session.namespace}; state in ${devHome().root}`,
    );
    output.note('A worker is running. Other parquetry commands in this folder use it. Ctrl-C stops both.');
    await untilStopped(session.worker?.stopped, interrupt.signal);
    return 0;
  } finally {
    page?.close();
    // Waits for running steps; a second signal ends the process at once.
    await session.close();
    interrupt.dispose();
  }
}

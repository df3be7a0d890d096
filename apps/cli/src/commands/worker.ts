import type { LiveServer } from '@parquetry/report';
import type { WorkerVersion } from '@parquetry/worker';
import type { Define } from '../cli';
import { onInterrupt } from '../interrupt';
import type { Output } from '../output';
import type { Session } from '../session';
import { untilStopped } from '../untilstopped';
import type { LiveOptions } from '../report/live';
import {
  UI_DOCS,
  UI_SETTINGS,
  VERSION_SETTINGS,
  WORKER_SETTINGS,
  type WorkerOptions,
  workerSettings,
} from '../workeroptions';

interface Options extends WorkerOptions, LiveOptions {
  readonly health?: string;
}

/** `parquetry worker` */
export const define: Define = ({ command, output, run }) =>
  command('worker', 'run a worker of the configured Temporal cluster until Ctrl-C', 'Run')
    .settings([...UI_SETTINGS, 'health', ...WORKER_SETTINGS, ...VERSION_SETTINGS], {
      docs: UI_DOCS,
      all: true,
    })
    .example('TEMPORAL_ADDRESS=temporal.example.com:7233 parquetry worker --memory 8GB')
    .action((options: Options) => run(() => worker(options, output)));

/** Without a configured cluster it connects to the embedded server. */
async function worker(options: Options, output: Output): Promise<number> {
  const { openSession } = require('../session') as typeof import('../session');
  const settings = workerSettings(options);
  if (settings.onlyLog === true) output.logTo(settings.log);
  let session: Session | undefined;
  let page: LiveServer | undefined;
  const health =
    options.health === undefined
      ? undefined
      : await (require('../health') as typeof import('../health')).serveHealth(options.health, () => session);
  const interrupt = onInterrupt();
  try {
    session = await openSession({ output, worker: 'always', settings });
    output.note(
      `Worker ${session.worker?.workerId} takes work from ${session.address}, namespace ${session.namespace}.`,
    );
    if (settings.version !== undefined) output.note(await versionNote(session, settings.version));
    page =
      options.ui === undefined
        ? undefined
        : await (require('../report/live') as typeof import('../report/live')).serveLive(
            session,
            options,
            output,
          );
    output.note('Ctrl-C stops it after its running steps.');
    await untilStopped(session.worker?.stopped, interrupt.signal);
    return 0;
  } finally {
    page?.close();
    // Waits for running steps; a second signal ends the process at once.
    await session?.close();
    interrupt.dispose();
    health?.close();
  }
}

async function versionNote(session: Session, { deploymentName, buildId }: WorkerVersion): Promise<string> {
  const { awaitBuild } = require('@parquetry/temporal') as typeof import('@parquetry/temporal');
  const { current } = await awaitBuild(session, deploymentName, buildId);
  const own = `Build ${buildId} of deployment ${deploymentName}`;
  if (current === buildId) return `${own} is the current one.`;
  return `${own} gets no new runs: the current one is ${current ?? 'unversioned'}. To change that: parquetry deployment set-current ${buildId} --temporal-deployment-name ${deploymentName}`;
}

import type { Define } from '../cli';
import type { Output } from '../output';
import { RUN_ID } from '../runid';
import { WORKER_SETTINGS, type WorkerOptions, workerSettings } from '../workeroptions';

/** `parquetry attach` */
export const define: Define = ({ command, output, run }) =>
  command('attach', 'follow a run that was started before', 'Watch')
    .argument(...RUN_ID)
    .settings(WORKER_SETTINGS)
    .example('parquetry attach backfill-426000')
    .action((given: string | undefined, options: WorkerOptions) => run(() => attach(given, options, output)));

async function attach(given: string | undefined, options: WorkerOptions, output: Output): Promise<number> {
  const { attachTo } = require('../attachrun') as typeof import('../attachrun');
  const { runInput, withRun } = require('../existingrun') as typeof import('../existingrun');
  const { followTail, isTail } = require('../followtail') as typeof import('../followtail');
  const { workflowLink } = require('../session') as typeof import('../session');
  return withRun(given, ['backfill', 'tail'], workerSettings(options), output, async (handle, session) => {
    const id = handle.workflowId;
    if (isTail(id)) return followTail(session, id, output);
    const { spec } = await runInput(handle, session);
    return attachTo(session, id, { spec }, output, workflowLink(session, id));
  });
}

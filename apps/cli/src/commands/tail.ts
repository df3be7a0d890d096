import type { Define } from '../cli';
import type { Output } from '../output';
import { SPEC_SETTINGS } from '../runoptions';
import type { TailOptions } from '../starttail';
import { WORKER_SETTINGS, workerSettings } from '../workeroptions';

const TAIL_SETTINGS = ['from', 'until', 'lag', 'max-rows', 'max-bytes', 'max-age', 'poll'];

/** `parquetry tail` */
export const define: Define = ({ command, output, run }) =>
  command('tail', 'write new ledgers to an archive as they arrive', 'Run')
    .settings([...SPEC_SETTINGS.filter((name) => name !== 'ledgers'), ...TAIL_SETTINGS, ...WORKER_SETTINGS], {
      required: ['archive', 'source'],
    })
    .optionsGroup('Run:')
    .option('--detach', 'start the tail and return; needs `parquetry dev` or a configured cluster')
    .writes()
    .example('parquetry tail --source galexie:./lake --archive ./archive --max-rows 10000 --max-age 10m')
    .action((options: TailOptions) => run(() => tail(options, output)));

/** Starts the tail of an archive and source, or attaches to the running one. */
async function tail(options: TailOptions, output: Output): Promise<number> {
  const { followTail } = require('../followtail') as typeof import('../followtail');
  const { assertDetachable, openSession, workflowLink } =
    require('../session') as typeof import('../session');
  const { movingBounds, startTail, tailId, tailInput } =
    require('../starttail') as typeof import('../starttail');
  const settings = workerSettings(options);
  const input = await tailInput(options, output);
  const id = tailId(input);
  if (options.detach === true) await assertDetachable();
  const worker = options.detach === true ? 'never' : 'embedded';
  const session = await openSession({ output, worker, settings });
  try {
    const started = await startTail(session, id, input, movingBounds(options));
    const url = workflowLink(session, id);
    output.note(`${started ? 'Tail' : 'Attached to the tail'} ${id}`);
    if (url !== undefined) output.note(`Temporal UI: ${url}`);
    if (options.detach !== true) return await followTail(session, id, output);
    output.say(`Detached. \`parquetry attach ${id}\` follows it, \`parquetry stop ${id}\` ends it.`);
    output.document({ workflowId: id, started, ...(url === undefined ? {} : { url }) });
    return 0;
  } finally {
    await session.close();
  }
}

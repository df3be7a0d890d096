import { ParquetryError } from '@parquetry/core';
import type { Define } from '../cli';
import { type Output, counted } from '../output';
import { RUN_ID } from '../runid';
import { WORKER_SETTINGS, type WorkerOptions, workerSettings } from '../workeroptions';

interface Options extends WorkerOptions {
  readonly ledgers?: string;
}

/** `parquetry retry` */
export const define: Define = ({ command, output, run }) =>
  command('retry', 'run parked partitions again', 'Watch')
    .argument(...RUN_ID)
    .option('--ledgers <which>', 'only parked partitions with these ledgers (ranges)')
    .settings(WORKER_SETTINGS)
    .writes()
    .example('parquetry retry --ledgers 426010')
    .action((given: string | undefined, options: Options) => run(() => retry(given, options, output)));

/** Retries parked partitions and follows the run. */
async function retry(given: string | undefined, options: Options, output: Output): Promise<number> {
  const {
    parkedQuery,
    retry: retrySignal,
    retryPartitions,
  } = require('@parquetry/workflows') as typeof import('@parquetry/workflows');
  const { sdk, unpin } = require('@parquetry/temporal') as typeof import('@parquetry/temporal');
  const { attachTo } = require('../attachrun') as typeof import('../attachrun');
  const { runInput, withRun } = require('../existingrun') as typeof import('../existingrun');
  const { followTail, isTail } = require('../followtail') as typeof import('../followtail');
  const { sourceRanges } = require('../sourceledgers') as typeof import('../sourceledgers');
  const { sendRequest } = require('../startworkflow') as typeof import('../startworkflow');
  const { workflowLink } = require('../session') as typeof import('../session');
  return withRun(given, ['backfill', 'tail'], workerSettings(options), output, async (handle, session) => {
    const run = handle.workflowId;
    if (isTail(run)) {
      if (options.ledgers !== undefined)
        throw new ParquetryError('USAGE', 'A tail is parked as a whole: --ledgers is for backfills.', {
          hint: `parquetry retry ${run}`,
        });
      await sendRequest(session, handle, 'signal', () => handle.signal(retrySignal));
      return followTail(session, run, output);
    }
    const { spec } = await runInput(handle, session);
    // A parked partition may be pinned to a build whose workers have ended; it retries on the current build.
    await unpin(session, parkedQuery(run));
    const request =
      options.ledgers === undefined
        ? { all: true }
        : {
            ranges: (await sourceRanges(spec, options.ledgers, output)).map(({ start, end }) => ({
              start,
              end,
            })),
          };
    const done = await sendRequest(session, handle, 'update', () =>
      handle.executeUpdate(retryPartitions, { args: [request] }),
    ).catch((error: unknown) => {
      if (!(error instanceof sdk.WorkflowUpdateFailedError)) throw error;
      throw new ParquetryError('USAGE', error.cause?.message ?? error.message, {
        details: { run },
        hint: `\`parquetry status ${run}\` lists the parked partitions; without --ledgers all of them are retried.`,
        cause: error,
      });
    });
    const { signalled, restarted } = done;
    output.note(
      `Retrying ${counted(signalled + restarted, 'partition')}${restarted === 0 ? '' : `, ${restarted} of them in a new workflow`}.`,
    );
    return attachTo(session, run, { spec }, output, workflowLink(session, run));
  });
}

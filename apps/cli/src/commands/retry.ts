import { MAX_LEDGER, ParquetryError } from '@parquetry/core';
import type { Define } from '../cli';
import type { Output } from '../output';
import { collect, wholeNumber } from '../parsers';
import { RUN_ID } from '../runid';
import { WORKER_SETTINGS, type WorkerOptions, workerSettings } from '../workeroptions';

interface Options extends WorkerOptions {
  readonly ledger?: readonly string[];
}

/** `parquetry retry` */
export const define: Define = ({ command, output, run }) =>
  command('retry', 'run parked partitions again', 'Watch')
    .argument(...RUN_ID)
    .option('--ledger <ledger>', 'only the partition with this ledger; repeatable', collect)
    .settings(WORKER_SETTINGS)
    .writes()
    .example('parquetry retry backfill-426000-426100-1a2b3c4d --ledger 426010')
    .action((id: string, options: Options) => run(() => retry(id, options, output)));

/** Retries parked partitions and follows the run. */
async function retry(run: string, options: Options, output: Output): Promise<number> {
  const {
    parkedQuery,
    retry: retrySignal,
    retryPartitions,
  } = require('@parquetry/workflows') as typeof import('@parquetry/workflows');
  const { sdk, unpin } = require('@parquetry/temporal') as typeof import('@parquetry/temporal');
  const { attachTo } = require('../attachrun') as typeof import('../attachrun');
  const { runInput, withRun } = require('../existingrun') as typeof import('../existingrun');
  const { followTail, isTail } = require('../followtail') as typeof import('../followtail');
  const { workflowLink } = require('../session') as typeof import('../session');
  const ledgers = (options.ledger ?? []).map(wholeNumber(1, MAX_LEDGER));
  return withRun(run, workerSettings(options), output, async (handle, session) => {
    if (isTail(run)) {
      if (ledgers.length > 0)
        throw new ParquetryError('USAGE', 'A tail is parked as a whole: --ledger is for backfills.', {
          hint: `parquetry retry ${run}`,
        });
      await handle.signal(retrySignal);
      return followTail(session, run, output);
    }
    const { spec } = await runInput(handle, session);
    // A parked partition may be pinned to a build whose workers have ended; it retries on the current build.
    await unpin(session, parkedQuery(run));
    // Send ledgers unchanged: only the run knows the start of its partitions.
    const request = ledgers.length === 0 ? { all: true } : { starts: ledgers };
    const done = await handle.executeUpdate(retryPartitions, { args: [request] }).catch((error: unknown) => {
      if (!(error instanceof sdk.WorkflowUpdateFailedError)) throw error;
      throw new ParquetryError('USAGE', error.cause?.message ?? error.message, {
        details: { run },
        hint: `\`parquetry status ${run}\` lists the parked partitions; without --ledger all of them are retried.`,
        cause: error,
      });
    });
    const { signalled, restarted } = done;
    output.note(
      `Retrying ${signalled + restarted} partitions${restarted === 0 ? '' : `, ${restarted} of them in a new workflow`}.`,
    );
    return attachTo(session, run, { spec }, output, workflowLink(session, run));
  });
}

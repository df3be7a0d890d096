import { ParquetryError } from '@parquetry/core';
import type { Action } from '@parquetry/report';
import { pause, resume, retry, retryPartitions } from '@parquetry/workflows';
import { isNoWorkflow } from '../session';
import type { TemporalView } from './server';

/** The workflow types that support an action. */
const SUPPORTED: Readonly<Record<Action, readonly string[]>> = {
  retry: ['backfill', 'tail', 'partition'],
  pause: ['backfill', 'tail'],
  resume: ['backfill', 'tail'],
};

/** Sends an action of the live page to a workflow; returns what happened. @throws ParquetryError USAGE */
export async function sendAction(
  { client }: TemporalView,
  action: Action,
  workflow: string,
): Promise<string> {
  const handle = client.workflow.getHandle(workflow);
  const described = await handle.describe().catch((cause: unknown) => {
    if (!isNoWorkflow(cause)) throw cause;
    throw new ParquetryError('USAGE', `There is no workflow "${workflow}".`, { cause });
  });
  // A workflow silently drops a signal that it does not handle.
  if (!SUPPORTED[action].includes(described.type) || described.status.name !== 'RUNNING')
    throw new ParquetryError(
      'USAGE',
      `"${workflow}" is a ${described.type} workflow in state ${described.status.name.toLowerCase()}; ${action} is not possible.`,
    );
  if (action === 'retry' && described.type === 'backfill') {
    const { signalled, restarted } = await handle.executeUpdate(retryPartitions, { args: [{ all: true }] });
    return `${signalled + restarted} partitions of ${workflow} run again.`;
  }
  await handle.signal({ retry, pause, resume }[action]);
  return `${workflow} received ${action}.`;
}

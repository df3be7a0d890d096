import { ParquetryError } from '@parquetry/core';
import type { Deployment } from '@parquetry/temporal';
import type { Output } from './output';
import type { Session } from './session';
import { TEMPORAL_SETTINGS } from './workeroptions';

/** Settings of `parquetry deployment`. */
export const DEPLOYMENT_SETTINGS = [...TEMPORAL_SETTINGS, 'temporal-deployment-name'];

/** Options of `parquetry deployment`. */
export interface DeploymentOptions {
  readonly temporalDeploymentName?: string;
}

/** Name of the deployment when no option names it. */
const DEFAULT_NAME = 'parquetry';

/** Reads a deployment. @throws ParquetryError USAGE when no worker has named it yet, CONFIG_INVALID */
export async function withDeployment(
  { temporalDeploymentName: name = DEFAULT_NAME }: DeploymentOptions,
  output: Output,
  use: (session: Session, deployment: Deployment) => Promise<number>,
): Promise<number> {
  const { readDeployment } = require('@parquetry/temporal') as typeof import('@parquetry/temporal');
  const { openSession } = require('./session') as typeof import('./session');
  const session = await openSession({ output, worker: 'never' });
  try {
    const found = await readDeployment(session, name);
    if (found !== undefined) return await use(session, found);
    throw new ParquetryError('USAGE', `There is no worker deployment "${name}" in ${session.namespace}.`, {
      hint: `Start a worker with --temporal-deployment-name ${name}.`,
    });
  } finally {
    await session.close();
  }
}

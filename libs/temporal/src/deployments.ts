import { setTimeout as sleep } from 'node:timers/promises';
import { ParquetryError } from '@parquetry/core';
import type { Connected } from './connect';
import { GRPC, grpcCode } from './grpc';
import { sdk } from './sdk';

/** A worker deployment: the builds of the workers that serve the same task queues. */
export interface Deployment {
  readonly name: string;
  /** The build that new workflows start on; absent: versioned workers get no work. */
  readonly current?: string;
  /** Newest first. */
  readonly builds: readonly Build[];
}

/** A build of the workers of a deployment. */
interface Build {
  readonly id: string;
  /** `draining`: pinned workflows of this build still run. `drained`: its workers may be stopped. */
  readonly status: 'inactive' | 'current' | 'ramping' | 'draining' | 'drained';
}

/** The server registers a build with its first poll. */
const REGISTER_MS = 20_000;

type Server = Pick<Connected, 'connection' | 'namespace'>;

/**
 * The builds of a deployment; undefined before its first worker.
 * @throws ParquetryError CONFIG_INVALID when the server has no Worker Versioning
 */
export async function readDeployment(
  { connection, namespace }: Server,
  deploymentName: string,
): Promise<Deployment | undefined> {
  try {
    const { workerDeploymentInfo: info } = await connection.workflowService.describeWorkerDeployment({
      namespace,
      deploymentName,
    });
    const current = info?.routingConfig?.currentDeploymentVersion?.buildId;
    const builds = (info?.versionSummaries ?? []).map(({ deploymentVersion, status }) => ({
      id: deploymentVersion?.buildId ?? '',
      status: STATUSES[status ?? 0] ?? 'inactive',
    }));
    return { name: deploymentName, ...(current ? { current } : {}), builds };
  } catch (error) {
    if (grpcCode(error) === GRPC.NOT_FOUND) return undefined;
    throw isUnsupported(error) ? unsupported(messageOf(error), error) : error;
  }
}

/**
 * Waits until the server knows a build from the polls of its workers.
 * @throws ParquetryError CONFIG_INVALID when the server has no Worker Versioning
 */
export async function awaitBuild(server: Server, deployment: string, buildId: string): Promise<Deployment> {
  const deadline = Date.now() + REGISTER_MS;
  for (;;) {
    const found = await readDeployment(server, deployment);
    if (found?.builds.some(({ id }) => id === buildId)) return found;
    if (Date.now() > deadline) throw unsupported(`it does not register build ${buildId} of ${deployment}`);
    await sleep(200);
  }
}

/**
 * Makes a build the one on which new workflows start and to which all workflows except pinned ones move; without a
 * build, unversioned workers get them.
 * @throws ParquetryError USAGE when no worker of this build polls, CONFIG_INVALID as `readDeployment`
 */
export async function setCurrentBuild(
  { connection, namespace }: Server,
  deploymentName: string,
  buildId: string | undefined,
): Promise<void> {
  try {
    await connection.workflowService.setWorkerDeploymentCurrentVersion({
      namespace,
      deploymentName,
      buildId: buildId ?? '',
      identity: 'parquetry',
    });
  } catch (error) {
    if (isUnsupported(error)) throw unsupported(messageOf(error), error);
    if (!REFUSED.includes(grpcCode(error))) throw error;
    throw new ParquetryError(
      'USAGE',
      `Build ${buildId ?? 'unversioned'} can't become the current one of ${deploymentName}: ${messageOf(error)}.`,
      {
        cause: error,
        details: { deployment: deploymentName, build: buildId ?? null },
        hint: 'Start a worker of this build first; `parquetry deployment show` lists the builds.',
      },
    );
  }
}

/**
 * Lets pinned workflows move to the current build of their deployment. Returns how many were pinned; 0 on a server
 * without Worker Versioning.
 * @param query visibility query for the workflows
 */
export async function unpin({ client, connection, namespace }: Connected, query: string): Promise<number> {
  const pinned: string[] = [];
  try {
    const found = client.workflow.list({ query: `${query} AND TemporalWorkflowVersioningBehavior="Pinned"` });
    for await (const { workflowId } of found) pinned.push(workflowId);
  } catch (error) {
    // An earlier server does not know the search attribute.
    if (grpcCode(error) === GRPC.INVALID_ARGUMENT) return 0;
    throw error;
  }
  for (const workflowId of pinned)
    await connection.workflowService.updateWorkflowExecutionOptions({
      namespace,
      workflowExecution: { workflowId },
      workflowExecutionOptions: { versioningOverride: { autoUpgrade: true } },
      updateMask: { paths: ['versioning_override'] },
    });
  return pinned.length;
}

const { WorkerDeploymentVersionStatus: WIRE } = sdk;
const STATUSES: Readonly<Record<number, Build['status']>> = {
  [WIRE.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT]: 'current',
  [WIRE.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING]: 'ramping',
  [WIRE.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINING]: 'draining',
  [WIRE.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED]: 'drained',
};

/** No such build, or none of its workers polls. */
const REFUSED: readonly (number | undefined)[] = [
  GRPC.NOT_FOUND,
  GRPC.FAILED_PRECONDITION,
  GRPC.INVALID_ARGUMENT,
];

function isUnsupported(error: unknown): boolean {
  const code = grpcCode(error);
  return (
    code === GRPC.UNIMPLEMENTED || (code === GRPC.PERMISSION_DENIED && /deployment/i.test(messageOf(error)))
  );
}

function unsupported(why: string, cause?: unknown): ParquetryError {
  return new ParquetryError('CONFIG_INVALID', `The server has no Worker Versioning: ${why}.`, {
    cause,
    hint: 'Use a Temporal server from version 1.28 on with system.enableDeploymentVersions, or no temporal_deployment_name: unversioned workers run on every server.',
  });
}

function messageOf(error: unknown): string {
  const { details, message } = error as { readonly details?: string; readonly message: string };
  return details || message;
}

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type * as client from '@temporalio/client';
import type * as envconfig from '@temporalio/envconfig';
import type { temporal } from '@temporalio/proto';
import { requireCached } from './codecache';
import { cacheFolder } from './tools';

/** The parts of Temporal's SDK that commands use. */
type Sdk = typeof client &
  Pick<typeof envconfig, 'loadClientConnectConfig'> &
  Pick<typeof temporal.api.common.v1, 'Payload'> &
  Pick<typeof temporal.api.enums.v1, 'IndexedValueType' | 'TaskQueueType' | 'WorkerDeploymentVersionStatus'>;

/** Made by the build (tools/package/sdk.mjs); next to the compiled code only. */
const BUNDLE = path.join(__dirname, 'sdkbundle.js');

/**
 * Temporal's client, from one prebuilt script with only the requests that commands send, and with its compiled code from
 * the user's cache: it loads in a quarter of the processor time. Everything outside of workers takes the client's classes and functions from here.
 */
export const sdk: Sdk = load(createRequire(__filename));

function load(from: NodeJS.Require): Sdk {
  if (existsSync(BUNDLE)) return requireCached(BUNDLE, path.join(cacheFolder(process.env), 'code')) as Sdk;
  const { loadClientConnectConfig } = from('@temporalio/envconfig') as typeof envconfig;
  const { common, enums } = (from('@temporalio/proto') as { temporal: typeof temporal }).temporal.api;
  const { IndexedValueType, TaskQueueType, WorkerDeploymentVersionStatus } = enums.v1;
  const main = from('@temporalio/client') as typeof client;
  return {
    ...main,
    loadClientConnectConfig,
    Payload: common.v1.Payload,
    IndexedValueType,
    TaskQueueType,
    WorkerDeploymentVersionStatus,
  };
}

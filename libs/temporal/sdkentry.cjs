// The entry of the bundle that libs/temporal/src/sdk.ts loads.
const { loadClientConnectConfig } = require('@temporalio/envconfig');
const { common, enums } = require('@temporalio/proto').temporal.api;
const { IndexedValueType, TaskQueueType, WorkerDeploymentVersionStatus } = enums.v1;
module.exports = {
  ...require('@temporalio/client'),
  loadClientConnectConfig,
  Payload: common.v1.Payload,
  IndexedValueType,
  TaskQueueType,
  WorkerDeploymentVersionStatus,
};

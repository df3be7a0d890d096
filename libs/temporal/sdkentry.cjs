// The entry of the bundle that libs/temporal/src/sdk.ts loads.
const { loadClientConnectConfig } = require('@temporalio/envconfig');
const { IndexedValueType, TaskQueueType, WorkerDeploymentVersionStatus } =
  require('@temporalio/proto').temporal.api.enums.v1;
module.exports = {
  ...require('@temporalio/client'),
  loadClientConnectConfig,
  IndexedValueType,
  TaskQueueType,
  WorkerDeploymentVersionStatus,
};

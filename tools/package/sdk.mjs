// Bundles Temporal's client as one script for commands. Most of the client's loading time goes into the definitions of
// 1,200 protobuf messages; the bundle has only those of the requests below.
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { leanProtos, sdkRequire } from './protos.mjs';
import { licences, packageFolders, runWebpack } from './webpack.mjs';

const require = createRequire(import.meta.url);
const here = path.dirname(fileURLToPath(import.meta.url));

/** Requests that commands send, by service. Add a request here before a command uses it. */
const REQUESTS = {
  'temporal.api.workflowservice.v1.WorkflowService': [
    'CountWorkflowExecutions',
    'CreateSchedule',
    'DeleteSchedule',
    'DescribeNamespace',
    'DescribeSchedule',
    'DescribeTaskQueue',
    'DescribeWorkerDeployment',
    'DescribeWorkflowExecution',
    'GetSystemInfo',
    'GetWorkflowExecutionHistory',
    'ListSchedules',
    'ListWorkflowExecutions',
    'PatchSchedule',
    'PollWorkflowExecutionUpdate',
    'QueryWorkflow',
    'RequestCancelWorkflowExecution',
    'ResetWorkflowExecution',
    'SetWorkerDeploymentCurrentVersion',
    'SignalWorkflowExecution',
    'SignalWithStartWorkflowExecution',
    'StartWorkflowExecution',
    'TerminateWorkflowExecution',
    'UpdateSchedule',
    'UpdateWorkflowExecution',
    'UpdateWorkflowExecutionOptions',
  ],
  'temporal.api.operatorservice.v1.OperatorService': ['AddSearchAttributes', 'ListSearchAttributes'],
  'temporal.api.testservice.v1.TestService': [],
  'grpc.health.v1.Health': ['Check'],
};

/** Messages that no request names: the client encodes or decodes them itself. */
const MESSAGES = [
  'google.rpc.Status',
  'temporal.api.common.v1.Payloads',
  'temporal.api.enums.v1.IndexedValueType',
  'temporal.api.enums.v1.TaskQueueType',
  'temporal.api.enums.v1.WorkerDeploymentVersionStatus',
  'temporal.api.failure.v1.Failure',
  'temporal.api.history.v1.History',
  'temporal.api.sdk.v1.UserMetadata',
];

/** Writes the script next to the compiled library, with the licences of what it contains. Keeps one that is current. */
export async function bundleSdk(root) {
  const target = path.join(root, 'libs/temporal/dist/sdkbundle.js');
  const mark = `// ${keyOf(root)}\n`;
  if (existsSync(target) && readFileSync(target, 'utf8').startsWith(mark)) return;
  const work = mkdtempSync(path.join(tmpdir(), 'parquetry-sdk-'));
  try {
    writeFileSync(path.join(work, 'protos.json'), JSON.stringify(leanProtos(REQUESTS, MESSAGES)));
    const packages = await compile(root, work);
    const { code } = require('@swc/core').minifySync(readFileSync(path.join(work, 'sdk.js'), 'utf8'), {
      compress: { keep_classnames: true, keep_fnames: true },
      mangle: { keep_classnames: true, keep_fnames: true },
    });
    writeFileSync(path.join(path.dirname(target), 'sdkbundle.licenses.txt'), licences(packages));
    writeFileSync(target, mark + code);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** What the bundle depends on: the installed versions and this tool. */
function keyOf(root) {
  const hash = createHash('sha256');
  const files = [path.join(here, 'sdk.mjs'), path.join(here, 'protos.mjs'), entryOf(root)];
  for (const file of [...files, path.join(root, 'package-lock.json')]) hash.update(readFileSync(file));
  return hash.digest('hex');
}

function entryOf(root) {
  return path.join(root, 'libs/temporal/sdkentry.cjs');
}

/** Runs webpack; returns the folders of the packages in the bundle. */
async function compile(root, work) {
  const stand = path.join(work, 'json-module.cjs');
  const light = require.resolve('protobufjs/light', { paths: [protosFolder()] });
  writeFileSync(
    stand,
    `const protobuf = require(${JSON.stringify(light)});
module.exports = (protobuf.roots.__temporal ??= new protobuf.Root()).addJSON(require('./protos.json'));`,
  );
  const { NormalModuleReplacementPlugin } = require('webpack');
  const stats = await runWebpack({
    mode: 'none',
    target: 'node20',
    context: root,
    entry: entryOf(root),
    output: { path: work, filename: 'sdk.js', library: { type: 'commonjs2' } },
    devtool: false,
    plugins: [new NormalModuleReplacementPlugin(/^\.\/json-module$/, stand)],
    // A payload codec that is given as a path, which commands never do.
    module: { parser: { javascript: { exprContextCritical: false } } },
  });
  return packageFolders(stats);
}

function protosFolder() {
  return path.dirname(sdkRequire.resolve('@temporalio/proto/package.json'));
}

// A worker of the bare workflows in bareflows.cjs, until SIGTERM.
import { createRequire } from 'node:module';
import path from 'node:path';
import { ROOT } from '../lib/contender.mjs';

const require = createRequire(path.join(ROOT, 'apps/worker/package.json'));
const { DefaultLogger, NativeConnection, Runtime, Worker } = require('@temporalio/worker');

Runtime.install({ logger: new DefaultLogger('ERROR') });
const connection = await NativeConnection.connect({ address: process.env.TEMPORAL_ADDRESS });
const worker = await Worker.create({
  connection,
  namespace: process.env.TEMPORAL_NAMESPACE,
  taskQueue: 'bare',
  workflowsPath: path.join(ROOT, 'bench/contenders/bareflows.cjs'),
  activities: { step: async () => undefined },
  maxCachedWorkflows: 100,
});
process.stdout.write('ready\n');
await worker.run();
await connection.close();

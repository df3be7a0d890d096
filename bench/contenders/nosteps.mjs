// A worker of Parquetry's own workflows whose steps do nothing: what is left of a partition is its orchestration.
import { createRequire } from 'node:module';
import path from 'node:path';
import { ROOT } from '../lib/contender.mjs';

const require = createRequire(path.join(ROOT, 'apps/worker/package.json'));
const { DefaultLogger, NativeConnection, Runtime, Worker } = require('@temporalio/worker');
const { partitionAt } = require('@parquetry/core');

const STAGE_QUEUE = 'bench-stage';
const DATASETS = ['bench'];
const specs = new Map();

const shared = {
  planRun: async (spec) => {
    specs.set(spec.archive, spec);
    const partitions = Math.ceil((spec.range.end - spec.range.start + 1) / spec.partitionSize);
    return { plan: 'none', datasets: DATASETS, partitions, unusable: 0, filtered: 0, bytesRead: 0 };
  },
  nextPartitions: async ({ archive, cursor, limit }) => {
    const { range, partitionSize } = specs.get(archive);
    const tasks = [];
    let next = cursor;
    for (let part; tasks.length < limit; next = part.end + 1) {
      part = partitionAt(range, partitionSize, next);
      if (part === undefined) break;
      tasks.push({ key: String(part.start).padStart(10, '0'), range: part, datasets: DATASETS });
    }
    return { tasks, cursor: next, skipped: 0 };
  },
  pull: async () => ({ stageId: 'none', queue: STAGE_QUEUE, datasets: [], bytesRead: 0 }),
  inspect: async () => ({}),
  endOutdated: async () => false,
  summarize: async () => [],
};
const stage = {
  registerSchema: async () => ({ version: 1, fingerprint: '' }),
  writeParquet: async () => ({ files: 0, rows: 0, bytes: 0 }),
  verifyRowCounts: async () => ({ rows: 0, ledgers: 0 }),
  commit: async () => ({
    outcome: 'committed',
    version: 0,
    files: 0,
    rows: 0,
    bytes: 0,
    rejected: 0,
    closedBy: {},
  }),
  dropStage: async () => true,
};

Runtime.install({ logger: new DefaultLogger('ERROR') });
const connection = await NativeConnection.connect({ address: process.env.TEMPORAL_ADDRESS });
const common = { connection, namespace: process.env.TEMPORAL_NAMESPACE };
const workers = [
  await Worker.create({
    ...common,
    taskQueue: 'nosteps',
    workflowBundle: { codePath: path.join(ROOT, 'apps/worker/dist/workflow-bundle.js') },
    activities: shared,
    maxCachedWorkflows: 100,
  }),
  await Worker.create({ ...common, taskQueue: STAGE_QUEUE, activities: stage }),
];
process.stdout.write('ready\n');
await Promise.all(workers.map((worker) => worker.run()));
await connection.close();

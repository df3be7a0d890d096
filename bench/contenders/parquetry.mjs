// Parquetry's whole partition path through the activities that a worker hosts, without Temporal around them: plan
// (timed apart), then pull, register, write, verify and commit of each partition, some at once; on request again by the
// same process, as a worker continues with the next backfill. Prints one JSON line.
import { mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { ROOT, own, readRequest } from '../lib/contender.mjs';

const require = createRequire(path.join(ROOT, 'apps/worker/package.json'));
const { MockActivityEnvironment } = require('@temporalio/testing');
const { openHost } = require(path.join(ROOT, 'apps/worker/dist/host.js'));
const { createSharedActivities, createStageActivities } = require(
  path.join(ROOT, 'apps/worker/dist/activities/index.js'),
);

const request = readRequest();
const {
  file,
  source = { uri: `ndjson:${file}` },
  range,
  workDir,
  partitions,
  concurrency,
  memoryBytes,
  threads,
  verify = 'ledger',
  types,
  rowHashes,
} = request;
mkdirSync(workDir, { recursive: true });

const run = (step, input) => new MockActivityEnvironment().run(step, input);
const host = await openHost({
  client: undefined,
  workRoot: path.join(workDir, 'work'),
  memoryBytes,
  threads,
});
const { deps } = host;
const activities = { ...createSharedActivities(deps), ...createStageActivities(deps) };
const length = range.end - range.start + 1;

/** One backfill into a new archive. */
async function backfill(archive) {
  const steps = {};
  // Processor seconds of each step; only right when no other partition runs at the same time.
  const cpuSteps = {};
  const timed = async (name, step, input) => {
    const started = performance.now();
    const used = own.cpu();
    const result = await run(step, input);
    if (request.trace === true)
      console.error(name, Math.round(own.rss() / 1e6), Math.round(process.resourceUsage().maxRSS / 1e3));
    steps[name] = (steps[name] ?? 0) + (performance.now() - started) / 1000;
    cpuSteps[name] = (cpuSteps[name] ?? 0) + own.cpu() - used;
    return result;
  };
  const { plan } = await timed('plan', activities.planRun, {
    source,
    archive,
    // A lake says itself of which network it is.
    ...(source.uri.startsWith('galexie:') ? {} : { network: 'Benchmark Network' }),
    range,
    ...(types === undefined ? {} : { types }),
    partitionSize: Math.ceil(length / partitions),
    settings: { compression: 'snappy', layout: { kind: 'ledger_day' } },
    maxRejects: 0,
    verify,
    ...(rowHashes === undefined ? {} : { rowHashes }),
  });
  const tasks = [];
  for (let cursor = range.start; cursor <= range.end;) {
    const next = await run(activities.nextPartitions, { archive, plan, cursor, limit: 100 });
    tasks.push(...next.tasks);
    cursor = next.cursor;
  }
  const cpu = own.cpu();
  const started = performance.now();
  const done = { rows: 0, bytes: 0, ledgers: 0 };
  const lane = async () => {
    for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
      const ref = { archive, plan };
      const stage = await timed('pull', activities.pull, { ...ref, task });
      if (stage.queue !== deps.queue) throw new Error('the stage is on another queue');
      done.ledgers += task.range.end - task.range.start + 1;
      for (const dataset of task.datasets) {
        const base = { ...ref, stageId: stage.stageId, range: task.range, dataset };
        const { version } = await timed('register', activities.registerSchema, base);
        const step = { ...base, schemaVersion: version };
        await timed('write', activities.writeParquet, step);
        await timed('verify', activities.verifyRowCounts, step);
        const committed = await timed('commit', activities.commit, step);
        done.rows += committed.rows;
        done.bytes += committed.bytes;
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  return {
    seconds: (performance.now() - started) / 1000,
    cpuSeconds: own.cpu() - cpu,
    ...done,
    steps,
    cpuSteps,
  };
}

const idleRss = own.rss();
const first = await backfill(path.join(workDir, 'archive'));
const later = [];
for (let run = 0; run < Number(request.again ?? 0); run += 1)
  later.push(await backfill(path.join(workDir, `again-${run}`)));
await host.close();
own.report({ ...first, idleRss, ...(later.length === 0 ? {} : { again: later.at(-1), later }) });
rmSync(workDir, { recursive: true, force: true });

// `npm run bench -- planning`: what it takes to plan a whole network: the stored plan of 60 million ledgers, and all its
// pages of partitions, with nothing committed and with every other partition committed. Nothing is run.
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { ROOT, own } from './lib/contender.mjs';
import { megabytes, table } from './lib/measure.mjs';
import { benchRoot } from './lib/messages.mjs';

const require = createRequire(path.join(ROOT, 'apps/worker/package.json'));
const { MockActivityEnvironment } = require('@temporalio/testing');
const { writeSampleLake } = createRequire(path.join(ROOT, 'libs/sample/package.json'))('@parquetry/sample');
const { openHost } = require(path.join(ROOT, 'apps/worker/dist/host.js'));
const { createSharedActivities } = require(path.join(ROOT, 'apps/worker/dist/activities/index.js'));
const { findTasks } = require(path.join(ROOT, 'apps/worker/dist/plan/tasks.js'));

/** Partitions of a page, as the workflow asks for. */
const PAGE = 50;
const TYPES = ['ledgers', 'transactions', 'contract_data', 'contract_events'];

/** Plans `ledgers` ledgers in partitions of each size. */
export async function planning({ ledgers, partitionSizes }, log = console.error) {
  mkdirSync(benchRoot(), { recursive: true });
  const dir = mkdtempSync(path.join(benchRoot(), 'planning-'));
  const layout = { ledgersPerBatch: 1, batchesPerPartition: 64_000 };
  const lake = await writeSampleLake({ dir: path.join(dir, 'lake'), ledgers: 200, layout });
  const host = await openHost({
    client: undefined,
    workRoot: path.join(dir, 'work'),
    memoryBytes: 256e6,
    threads: 1,
  });
  const steps = createSharedActivities(host.deps);
  const run = (step, input) => new MockActivityEnvironment().run(step, input);
  try {
    const range = { start: lake.ledgers.start, end: lake.ledgers.start + ledgers - 1 };
    const runs = [];
    for (const partitionSize of partitionSizes) {
      const archive = path.join(dir, `archive-${partitionSize}`);
      const [plan, planSeconds] = await timed(() =>
        run(steps.planRun, {
          ...{ source: { uri: `galexie:${lake.dir}` }, archive, range, partitionSize, types: TYPES },
          settings: { compression: 'snappy', layout: { kind: 'ledger_day' } },
          ...{ maxRejects: 0, verify: 'ledger' },
        }),
      );
      log(`${plan.partitions} partitions planned in ${planSeconds.toFixed(1)} s`);
      const [pages, pagesSeconds] = await timed(async () => {
        let count = 0;
        for (let cursor = range.start; cursor <= range.end; count += 1)
          ({ cursor } = await run(steps.nextPartitions, { archive, plan: plan.plan, cursor, limit: PAGE }));
        return count;
      });
      const half = halfCovered(range, partitionSize);
      const [halfPages, halfSeconds] = await timed(() => {
        let count = 0;
        for (let cursor = range.start; cursor <= range.end; count += 1)
          ({ cursor } = findTasks({ range, partitionSize }, cursor, PAGE, half));
        return count;
      });
      const planBytes = statSync(path.join(archive, plan.plan)).size;
      runs.push({
        ...{ partitionSize, partitions: plan.partitions, planSeconds, planBytes },
        ...{ pages, pagesSeconds, halfPages, halfSeconds, rss: own.rss() },
      });
    }
    return { ledgers, runs };
  } finally {
    await host.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function timed(work) {
  const began = performance.now();
  const result = await work();
  return [result, (performance.now() - began) / 1000];
}

/** Coverage of every other partition, for each dataset. */
function halfCovered({ start, end }, size) {
  const covered = [];
  for (let at = Math.ceil(start / size) * size; at + size - 1 <= end; at += 2 * size)
    covered.push({ start: at, end: at + size - 1 });
  return new Map(TYPES.map((type) => [type, covered]));
}

/** The report as a table. */
export function printed({ ledgers, runs }) {
  const rows = runs.map((run) => [
    `${(ledgers / 1e6).toFixed(0)} million in partitions of ${run.partitionSize}`,
    run.partitions,
    `${run.planSeconds.toFixed(2)} s`,
    `${(run.planBytes / 1e3).toFixed(0)} kB`,
    `${run.pages} in ${run.pagesSeconds.toFixed(1)} s`,
    `${run.halfPages} in ${run.halfSeconds.toFixed(1)} s`,
    megabytes(run.rss),
  ]);
  const head = ['ledgers', 'partitions', 'plan', 'stored', 'pages', 'pages, every other committed', 'memory'];
  return `${table(head, rows)}\n`;
}

// `npm run bench -- orchestration`: what Temporal costs a partition. Empty partitions through the real worker and its
// real steps, compared with a bare child workflow with five activities that do nothing, alternately on the same server.
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './lib/contender.mjs';
import { median, table } from './lib/measure.mjs';
import { startServer, startWorkerProcess } from './lib/temporal.mjs';
import { twoLedgers } from './twoledgers.mjs';

const FIRST = 420_000;
const LEDGERS_A_PARTITION = 10;
/** Children of one run at each concurrency: enough that starting and ending do not count. */
const CHILDREN = { 1: 12, 4: 40, 16: 160 };

/** Scripts and commands of the workers, and what they print when they are ready. */
const WORKERS = [
  [[path.join(ROOT, 'bench/contenders/bare.mjs')], /ready/],
  [[path.join(ROOT, 'bench/contenders/nosteps.mjs')], /ready/],
  [[path.join(ROOT, 'apps/cli/bin/parquetry.js'), 'worker'], /takes work/],
];

/** Milliseconds a partition by server and concurrency, each the median of `rounds` that take turns. */
export async function overhead({ rounds, servers }, log = console.error) {
  const runs = [];
  const twoLedger = [];
  for (const server of servers) {
    const temporal = await startServer({ persistent: server === 'disk' }, log);
    const workers = [];
    try {
      for (const [args, ready] of WORKERS) workers.push(await startWorkerProcess(temporal, args, ready));
      // The first children of a worker pay for its start.
      for (const contender of Object.values(CONTENDERS)) await contender(temporal, 4, 8);
      for (const [concurrency, children] of Object.entries(CHILDREN)) {
        const found = [];
        for (let round = 0; round < rounds; round += 1) {
          const one = {};
          for (const [name, contender] of Object.entries(CONTENDERS))
            one[name] = await contender(temporal, Number(concurrency), children);
          found.push(one);
        }
        const middle = (pick) => median(found.map(pick));
        const run = {
          server,
          concurrency: Number(concurrency),
          bareMs: middle(({ bare }) => bare),
          orchestrationMs: middle(({ orchestration }) => orchestration),
          partitionMs: middle(({ partition }) => partition),
          ratio: middle(({ bare, orchestration }) => orchestration / bare),
          partitionRatio: middle(({ bare, partition }) => partition / bare),
        };
        log(`${server}: ${printed({ runs: [run] })}`);
        runs.push(run);
      }
      twoLedger.push({ server, ...twoLedgers(temporal, rounds) });
    } finally {
      for (const worker of workers) await worker.stop();
      await temporal.stop();
    }
  }
  return { runs, twoLedgers: twoLedger };
}

/** The report as a table. */
export function printed({ runs, twoLedgers: small = [] }) {
  const ms = (value) => `${value.toFixed(0)} ms`;
  const rows = runs.map((run) => [
    run.server,
    run.concurrency,
    ms(run.bareMs),
    ms(run.orchestrationMs),
    run.ratio.toFixed(2),
    ms(run.partitionMs),
    run.partitionRatio.toFixed(2),
  ]);
  const head = [
    'dev server',
    'at once',
    'bare child',
    'steps that do nothing',
    'ratio',
    'empty partition',
    'ratio',
  ];
  const lines = small.map(
    ({ server, wallMs, cpuMs }) =>
      `two-ledger backfill on a warm ${server} server: ${ms(wallMs)}, ${ms(cpuMs)} of processor time in the command (goal: 800 ms)`,
  );
  return `${[table(head, rows), ...goals(runs), ...lines].join('\n')}\n`;
}

/** What is asked of 16 at once on a persistent server, and whether it was met. */
function goals(runs) {
  const run = runs.find(({ server, concurrency }) => server === 'disk' && concurrency === 16);
  if (run === undefined) return [];
  const met = (yes) => (yes ? 'met   ' : 'MISSED');
  return [
    '',
    `${met(run.ratio <= 1.3)}  orchestration at most 1.3 times the bare child: ${run.ratio.toFixed(2)}×`,
    `${met(run.partitionMs <= 300)}  at most 300 ms an empty partition: ${run.partitionMs.toFixed(0)} ms`,
  ];
}

/** Each runs a number of children, a number of them concurrently, and resolves to milliseconds per child. */
const CONTENDERS = {
  bare,
  orchestration: (temporal, concurrency, children) => partitions(temporal, 'nosteps', concurrency, children),
  partition: (temporal, concurrency, children) => partitions(temporal, 'parquetry', concurrency, children),
};

/** Milliseconds a child of the bare parent. */
async function bare({ client }, concurrency, children) {
  const handle = await client.workflow.start('bareParent', {
    workflowId: `bare-${randomUUID()}`,
    taskQueue: 'bare',
    args: [{ children, concurrency }],
  });
  await handle.result();
  return (await childSpan(handle)) / children;
}

/** Milliseconds an empty partition of a backfill: a range whose only message is in its first partition. */
async function partitions({ client, dir }, taskQueue, concurrency, children) {
  const id = randomUUID();
  const file = path.join(dir, `${id}.ndjson`);
  writeFileSync(
    file,
    `{"message_type":"bench","ledger_sequence":${FIRST},"closed_at":"2025-07-13T01:00:00Z"}\n`,
  );
  const spec = {
    source: { uri: `ndjson:${file}` },
    archive: path.join(dir, `archive-${id}`),
    network: 'Benchmark Network',
    range: { start: FIRST, end: FIRST + children * LEDGERS_A_PARTITION - 1 },
    partitionSize: LEDGERS_A_PARTITION,
    settings: { compression: 'snappy', layout: { kind: 'ledger_day' } },
    maxRejects: 0,
    verify: 'ledger',
  };
  const handle = await client.workflow.start('backfill', {
    workflowId: `bench-${id}`,
    taskQueue,
    args: [{ spec, concurrency, maxParked: 1, onFailure: 'fail' }],
  });
  const { partitions: done } = await handle.result();
  if (done.done !== children) throw new Error(`${done.done} of ${children} partitions were done`);
  return (await childSpan(handle)) / children;
}

/** Milliseconds from the first child that a parent asked for to the last that it heard of. */
async function childSpan(handle) {
  const { events } = await handle.fetchHistory();
  const at = ({ eventTime }) => Number(eventTime.seconds) * 1000 + eventTime.nanos / 1e6;
  const first = events.find((event) => event.startChildWorkflowExecutionInitiatedEventAttributes);
  const last = events.findLast(
    (event) =>
      event.childWorkflowExecutionCompletedEventAttributes || event.workflowExecutionSignaledEventAttributes,
  );
  return at(last) - at(first);
}

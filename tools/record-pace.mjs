// `node tools/record-pace.mjs NAME -- BACKFILL-OPTIONS`: runs `parquetry backfill` in the current folder, on a running
// `parquetry dev`, and writes when each of its partitions began and ended to tests/fixtures/pace/NAME.json. The
// estimate of the remaining time is tested on these recordings. Needs `npm run build`.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const { acquireDevServer, devHome } = require(path.join(root, 'libs/temporal'));
const { readHistory } = require(path.join(root, 'libs/workflows'));

const [name, , ...options] = process.argv.slice(2);
if (name === undefined || options.length === 0)
  throw new Error('usage: node tools/record-pace.mjs NAME -- BACKFILL-OPTIONS');
const bin = path.join(root, 'apps/cli/bin/parquetry.js');
const { status, stdout } = spawnSync(process.execPath, [bin, 'backfill', ...options, '--json'], {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
});
if (status !== 0) throw new Error(`backfill ended with ${status}`);

const server = await acquireDevServer(devHome());
try {
  const handle = server.client.workflow.getHandle(JSON.parse(stdout).workflowId);
  const { input, events } = await readHistory(handle);
  const { events: raw } = await handle.fetchHistory();
  const at = (event) => Number(event.eventTime.seconds) * 1000 + Math.round(event.eventTime.nanos / 1e6);
  const began = new Map();
  const ended = new Map();
  for (const event of raw) {
    const child = event.startChildWorkflowExecutionInitiatedEventAttributes;
    if (child) began.set(child.workflowId.split('/p/')[1], at(event));
    const signal = event.workflowExecutionSignaledEventAttributes;
    if (signal?.signalName === 'partitionReport')
      ended.set(JSON.parse(new TextDecoder().decode(signal.input.payloads[0].data)).key, at(event));
  }
  const first = Math.min(...began.values());
  const planned = events.find(({ kind, activity }) => kind === 'completed' && activity === 'planRun').value;
  const tasks = events
    .filter(({ kind }) => kind === 'child')
    .map(({ value: { task } }) => [
      task.range.start,
      task.range.end,
      began.get(task.key) - first,
      ended.get(task.key) - first,
    ]);
  const recording = {
    range: input.spec.range,
    concurrency: input.concurrency,
    partitions: planned.partitions,
    work: planned.work,
    // first ledger, last ledger, began, ended: milliseconds since the first one began
    tasks,
  };
  const file = path.join(root, `tests/fixtures/pace/${name}.json`);
  writeFileSync(file, `${JSON.stringify(recording)}\n`);
  console.log(`${file}: ${tasks.length} partitions, ${Math.max(...ended.values()) - first} ms`);
} finally {
  await server.release();
}

// `npm run upgrade -- --old DIR`: an upgrade in the middle of a backfill. DIR is a built checkout of an earlier version
// (`git worktree add DIR REF && (cd DIR && npm ci)`). Two of its workers start a run; one is stopped with SIGTERM and one
// killed while partitions are in flight, and workers of this version continue in the same work folders, for a while next to
// the last of the old ones. Then: the run completes, no workflow task failed, and every row is in the archive once.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ROOT, start, startTemporal } from './processes.mjs';

const { values } = parseArgs({
  options: {
    old: { type: 'string' },
    ledgers: { type: 'string', default: '200' },
    'partition-size': { type: 'string', default: '5' },
  },
});
if (values.old === undefined) {
  console.error('npm run upgrade -- --old DIR [--ledgers 200] [--partition-size 5]');
  process.exit(2);
}
const NAMESPACE = 'upgrade';
const root = mkdtempSync(path.join(tmpdir(), 'parquetry-upgrade-'));
const temporal = await startTemporal([NAMESPACE], root);
const client = temporal.client(NAMESPACE);

const cluster = { TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: NAMESPACE };
/** `parquetry …args` of the version in the folder `version`, on the machine `home`. */
const command = (version, home, args) => {
  const env = { ...process.env, ...cluster, PARQUETRY_HOME: path.join(root, home) };
  return start(process.execPath, [path.join(version, 'apps/cli/bin/parquetry.js'), ...args], {
    cwd: root,
    env,
  });
};
const run = async (version, args) => {
  const { code, stdout, stderr } = await command(version, 'commands', args).ended;
  if (code !== 0) throw new Error(`parquetry ${args[0]} of ${version} ended with ${code}: ${stderr}`);
  return stdout;
};
const worker = async (version, home) => {
  mkdirSync(path.join(root, home), { recursive: true });
  const running = command(version, home, ['worker', '--slots', '2']);
  let said = '';
  running.child.stderr.on('data', (text) => (said += text));
  while (!/takes work/.test(said)) {
    if (!running.running()) throw new Error(`the worker of ${version} ended: ${said}`);
    await sleep(50);
  }
  return running;
};

/** Names of the workflow tasks that failed, over all histories. */
async function failedTasks() {
  const failed = [];
  for await (const { workflowId, runId } of client.workflow.list()) {
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    for (const { workflowTaskFailedEventAttributes: found } of events ?? [])
      if (found) failed.push(`${workflowId}: ${found.failure?.message}`);
  }
  return failed;
}

try {
  await run(ROOT, ['sample', '--out', 'lake', '--ledgers', values.ledgers, '--ledgers-per-file', '1']);
  const [first, second] = await Promise.all([worker(values.old, 'one'), worker(values.old, 'two')]);
  const end = 426_000 + Number(values.ledgers) - 1;
  const id = JSON.parse(
    await run(values.old, [
      ...['backfill', '--source', 'galexie:lake', '--archive', 'archive', '--ledgers', `426000-${end}`],
      ...['--partition-size', values['partition-size'], '--concurrency', '4', '--detach', '--json'],
    ]),
  ).workflowId;
  const handle = client.workflow.getHandle(id);
  const done = () =>
    handle.query('progress').then(
      (progress) => progress.done,
      () => 0,
    );
  while ((await done()) < 3) await sleep(200);
  const upgradedAt = await done();
  first.child.kill('SIGTERM');
  await first.ended;
  const after = [await worker(ROOT, 'one')];
  await sleep(5000);
  second.child.kill('SIGKILL');
  await second.ended;
  after.push(await worker(ROOT, 'two'));
  console.error(
    `Upgraded with ${upgradedAt} partitions done; a partition that an old worker had pulled waits ten minutes.`,
  );
  const started = Date.now();
  const result = await handle.result();
  const seconds = Math.round((Date.now() - started) / 1000);
  // Ends with an error, and so does this command, when it finds a fault.
  await run(ROOT, ['verify', '--archive', 'archive', '--deep']);
  const failed = await failedTasks();
  for (const { child } of after) child.kill('SIGTERM');
  await Promise.all(after.map(({ ended }) => ended));
  console.log(
    JSON.stringify({ result: result.partitions, secondsAfterUpgrade: seconds, failedTasks: failed }, null, 2),
  );
  const total = Number(values.ledgers) / Number(values['partition-size']);
  if (failed.length > 0 || result.partitions.done !== total) process.exitCode = 1;
} finally {
  await temporal.stop();
  rmSync(root, { recursive: true, force: true });
}

// Several programs at once: two versions of workers, the same run twice, two schedules of the same range.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WORKER } from '../lane.mjs';
import { parquetry, require } from '../processes.mjs';
import { backfillInput, scheduledInput } from '../run.mjs';

const ALL = ['local', 's3', 'gcs'];
const OLD = process.env.PARQUETRY_FAULTS_OLD;

/** A worker of an earlier version takes partitions of the same run; one of the two may be killed. */
const versions = {
  name: 'two-versions',
  stores: ALL,
  weight: 2,
  lane: 'old',
  missing: () =>
    OLD === undefined ? 'PARQUETRY_FAULTS_OLD names no built checkout of an earlier version' : undefined,
  strike: async (run) => {
    await startOld(run.lane);
    run.faults += 1;
    if (run.next() < 0.5 || !(await run.pause(run.moment()))) return;
    const { worker, old } = run.lane;
    if (run.next() < 0.5) worker?.child.kill('SIGKILL');
    else {
      old.child.kill('SIGKILL');
      await old.ended;
      await startOld(run.lane);
    }
    run.faults += 1;
  },
};

async function startOld(lane) {
  if (lane.old?.running()) return;
  const folder = path.join(lane.dir, 'old');
  mkdirSync(folder, { recursive: true });
  lane.old = parquetry(['worker', ...WORKER], { cwd: folder, env: lane.env(folder, '127.0.0.1'), from: OLD });
  let said = '';
  lane.old.child.stderr.on('data', (text) => (said += text));
  while (!/takes work/.test(said)) {
    if (!lane.old.running()) throw new Error(`the worker of the earlier version ended: ${said}`);
    await sleep(50);
  }
}

/** The same backfill under two names at once. */
const twice = {
  name: 'two-runs',
  stores: ALL,
  weight: 4,
  main: async ({ lane, id, onStop, deadline, ...run }) => {
    run.count();
    const ends = await Promise.all(
      ['a', 'b'].map((name) => lane.backfill(`${id}-${name}`, backfillInput(run), onStop, deadline)),
    );
    return ends.find((end) => end !== undefined);
  },
};

/** Two Temporal schedules of the same archive fire at the same time. */
const schedules = {
  name: 'two-schedules',
  stores: ALL,
  weight: 3,
  main: async ({ lane, id, onStop, deadline, ...run }) => {
    run.count();
    const { TASK_QUEUE } = require('@parquetry/workflows');
    const follow = async (name) => {
      const action = { type: 'startWorkflow', workflowType: 'scheduled', workflowId: `${id}-${name}` };
      const input = { ...action, taskQueue: TASK_QUEUE, args: [scheduledInput(run)] };
      const schedule = await lane.client.schedule.create({
        scheduleId: `${id}-${name}`,
        spec: {},
        action: input,
      });
      await schedule.trigger();
      const fired = await until(async () => (await schedule.describe()).info.recentActions[0]);
      const workflowId = fired.action.workflow.workflowId;
      const end = await lane.follow(workflowId, () => Promise.resolve(), onStop, deadline);
      await schedule.delete();
      return end;
    };
    const ends = await Promise.all(['a', 'b'].map(follow));
    return ends.find((end) => end !== undefined);
  },
};

async function until(find) {
  for (let tries = 0; tries < 300; tries++) {
    const found = await find();
    if (found !== undefined) return found;
    await sleep(100);
  }
  throw new Error('the schedule did not fire');
}

export const KINDS = [versions, twice, schedules];

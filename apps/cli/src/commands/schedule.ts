import {
  ScheduleAlreadyRunning,
  type ScheduleDescription,
  ScheduleNotFoundError,
  type ScheduleOverlapPolicy,
} from '@temporalio/client';
import { ParquetryError } from '@parquetry/core';
import { type ScheduledInput, TASK_QUEUE, type TailFrom } from '@parquetry/workflows';
import { type BackfillOptions, type WorkerSettings, backfillInput } from '../options';
import type { Output } from '../output';
import { type Session, openSession } from '../session';

/** Options of `schedule create` as commander gives them. */
export interface ScheduleOptions extends Omit<BackfillOptions, 'ledgers'> {
  readonly cron?: string;
  /** Seconds. */
  readonly every?: number;
  readonly lag: number;
  readonly maxLedgers: number;
  readonly from: TailFrom;
  readonly overlap: ScheduleOverlapPolicy;
  /** Seconds; a day where nothing is said. */
  readonly catchUp?: number;
  readonly paused?: boolean;
}

const DAY_SECONDS = 86_400;

/** `parquetry schedule create NAME`: a real Temporal schedule of backfills whose range is found when they run. */
export async function scheduleCreate(
  name: string,
  options: ScheduleOptions,
  settings: WorkerSettings,
  output: Output,
): Promise<number> {
  const { cron, every } = options;
  if ((cron === undefined) === (every === undefined))
    throw new ParquetryError('USAGE', 'Say when: --cron "0 3 * * *" or --every 6h, one of the two.');
  const input = scheduledInput(options);
  return withSession(name, settings, output, async (session) => {
    await session.client.schedule
      .create({
        scheduleId: name,
        spec:
          every === undefined ? { cronExpressions: [cron ?? ''] } : { intervals: [{ every: every * 1000 }] },
        action: {
          type: 'startWorkflow',
          workflowType: 'scheduled',
          workflowId: `scheduled/${name}`,
          taskQueue: TASK_QUEUE,
          args: [input],
          staticSummary: `schedule ${name}: ${input.spec.types?.join(', ') ?? 'all message types'}`.slice(
            0,
            380,
          ),
        },
        policies: {
          overlap: options.overlap,
          catchupWindow: (options.catchUp ?? DAY_SECONDS) * 1000,
          // A run fails only after it did all it could; the next one would fail in the same place.
          pauseOnFailure: input.onFailure === 'fail',
        },
        state: { paused: options.paused ?? false },
      })
      .catch((error: unknown) => {
        if (!(error instanceof ScheduleAlreadyRunning)) throw error;
        throw new ParquetryError('USAGE', `There is a schedule "${name}" already.`, {
          hint: `Remove it with \`parquetry schedule delete ${name}\`.`,
          cause: error,
        });
      });
    output.say(`Schedule ${name} is made. \`parquetry schedule trigger ${name}\` starts a run now.`);
    output.document(describeSchedule(await session.client.schedule.getHandle(name).describe()));
    return 0;
  });
}

/** `parquetry schedule list`. */
export async function scheduleList(settings: WorkerSettings, output: Output): Promise<number> {
  return withSession('', settings, output, async ({ client }) => {
    const found: ReturnType<typeof describeSchedule>[] = [];
    for await (const { scheduleId, action } of client.schedule.list())
      if (action?.workflowType === 'scheduled')
        found.push(describeSchedule(await client.schedule.getHandle(scheduleId).describe()));
    output.table(
      ['schedule', 'state', 'runs', 'next', 'note'],
      found.map(({ name, paused, runs, next, note }) => [
        name,
        paused ? 'paused' : 'active',
        runs,
        next ?? '–',
        note,
      ]),
    );
    output.document({ schedules: found });
    return 0;
  });
}

/** `parquetry schedule trigger|pause|unpause|delete NAME`. */
export async function scheduleTell(
  name: string,
  what: 'trigger' | 'pause' | 'unpause' | 'delete',
  settings: WorkerSettings,
  output: Output,
): Promise<number> {
  return withSession(name, settings, output, async ({ client }) => {
    const handle = client.schedule.getHandle(name);
    const note = `by \`parquetry schedule ${what}\``;
    if (what === 'trigger') await handle.trigger();
    else if (what === 'pause') await handle.pause(note);
    else if (what === 'unpause') await handle.unpause(note);
    else await handle.delete();
    const done = { trigger: 'triggered', pause: 'paused', unpause: 'active again', delete: 'deleted' }[what];
    output.say(`Schedule ${name} is ${done}.`);
    output.document({ schedule: name, [what]: true });
    return 0;
  });
}

function scheduledInput(options: ScheduleOptions): ScheduledInput {
  const { spec, ...rest } = backfillInput({ ...options, ledgers: '1' });
  const { range: _, ...relative } = spec;
  const { lag, maxLedgers, from } = options;
  if (from === 'latest')
    throw new ParquetryError('USAGE', '--from latest is for tails: a schedule leaves no ledger out.', {
      hint: 'Give the first ledger that a new archive is to have, or leave --from out.',
    });
  return { ...rest, spec: relative, lag, maxLedgers, ...(from === 'committed' ? {} : { from }) };
}

/** What commands say of a schedule. */
export function describeSchedule({ scheduleId, state, info }: ScheduleDescription): {
  name: string;
  paused: boolean;
  note: string;
  runs: number;
  next?: string;
  recent: readonly { at: string; workflowId: string }[];
} {
  const next = info.nextActionTimes[0]?.toISOString();
  return {
    name: scheduleId,
    paused: state.paused,
    note: state.note ?? '',
    runs: info.numActionsTaken,
    ...(next === undefined ? {} : { next }),
    recent: info.recentActions.map(({ takenAt, action }) => ({
      at: takenAt.toISOString(),
      workflowId: action.type === 'startWorkflow' ? action.workflow.workflowId : '',
    })),
  };
}

async function withSession(
  name: string,
  settings: WorkerSettings,
  output: Output,
  use: (session: Session) => Promise<number>,
): Promise<number> {
  const session = await openSession({ output, worker: 'never', settings });
  try {
    return await use(session);
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    throw new ParquetryError('USAGE', `There is no schedule "${name}".`, {
      hint: '`parquetry schedule list` shows them.',
      cause: error,
    });
  } finally {
    await session.close();
  }
}

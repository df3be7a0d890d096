import { ParquetryError } from '@parquetry/core';
import { sdk } from '@parquetry/temporal';
import { TASK_QUEUE } from '@parquetry/workflows';
import type { ScheduleDescription, ScheduleOptions } from '@temporalio/client';
import type { Output } from './output';
import { type Session, openSession } from './session';

/** Workflow types that schedules start. */
export const SCHEDULED_TYPES: readonly string[] = ['scheduled', 'maintain'];

/** A schedule to create. */
export interface NewSchedule extends Pick<ScheduleOptions, 'policies' | 'spec' | 'state'> {
  readonly workflowType: string;
  readonly workflowId: string;
  readonly input: object;
  readonly summary: string;
}

/** Creates a schedule and prints it. @throws ParquetryError USAGE when there is one of this name */
export async function createSchedule(
  name: string,
  { workflowType, workflowId, input, summary, ...options }: NewSchedule,
  output: Output,
): Promise<number> {
  return withSchedules(name, output, async (session) => {
    const { schedule } = session.client;
    await schedule
      .create({
        ...options,
        scheduleId: name,
        action: {
          type: 'startWorkflow',
          workflowType,
          workflowId,
          taskQueue: TASK_QUEUE,
          args: [input],
          staticSummary: summary.slice(0, 380),
        },
      })
      .catch((error: unknown) => {
        if (!(error instanceof sdk.ScheduleAlreadyRunning)) throw error;
        throw new ParquetryError('USAGE', `There is a schedule "${name}" already.`, {
          hint: `Remove it with \`parquetry schedule delete ${name}\`.`,
          cause: error,
        });
      });
    output.say(`Created schedule ${name}. \`parquetry schedule trigger ${name}\` starts a run now.`);
    output.document(describeSchedule(await schedule.getHandle(name).describe()));
    return 0;
  });
}

/** `parquetry schedule trigger|pause|unpause|delete NAME`. */
export async function changeSchedule(
  name: string,
  what: 'trigger' | 'pause' | 'unpause' | 'delete',
  output: Output,
): Promise<number> {
  return withSchedules(name, output, async ({ client }) => {
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

/** The description of a schedule that commands print. */
export interface DescribedSchedule {
  readonly name: string;
  readonly paused: boolean;
  readonly note: string;
  readonly runs: number;
  readonly next?: string;
  readonly recent: readonly { readonly at: string; readonly workflowId: string }[];
}

/** The description of a schedule that commands print. */
export function describeSchedule({ scheduleId, state, info }: ScheduleDescription): DescribedSchedule {
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

/** Opens a session for schedules. @throws ParquetryError USAGE when there is no schedule of this name */
export async function withSchedules(
  name: string,
  output: Output,
  use: (session: Session) => Promise<number>,
): Promise<number> {
  const session = await openSession({ output, worker: 'never' });
  try {
    return await use(session);
  } catch (error) {
    if (!(error instanceof sdk.ScheduleNotFoundError)) throw error;
    throw new ParquetryError('USAGE', `There is no schedule "${name}".`, {
      hint: '`parquetry schedule list` lists the schedules.',
      cause: error,
    });
  } finally {
    await session.close();
  }
}

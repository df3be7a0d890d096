import { ParquetryError } from '@parquetry/core';
import { sdk } from '@parquetry/temporal';
import type { ScheduleDescription } from '@temporalio/client';
import type { Output } from './output';
import { type Session, openSession } from './session';

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

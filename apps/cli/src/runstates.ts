import { formatRange } from '@parquetry/core';
import {
  type BackfillProgress,
  type TailProgress,
  foldBackfill,
  foldTail,
  progress as progressQuery,
  readHistory,
  tailProgress,
} from '@parquetry/workflows';
import { type Output, formatSeconds } from './output';
import { type ListedRun, listRuns } from './runlist';
import { settledOf } from './screen/lines';
import type { Session } from './session';
import { queryWorkflow } from './workflowquery';

/** Ended runs that are listed without `--all`. */
const ENDED = 10;

/** The state of a run in the list. */
interface RunState {
  /** A phase while it runs (planning, running, paused, blocked, waiting, flushing, parked), else how it ended. */
  readonly state: string;
  /** Whether a worker answered; absent for a run that has ended. */
  readonly answeredBy?: 'worker' | 'history';
  /** How far it is, for people. */
  readonly text: string;
  /** Partitions of a backfill. */
  readonly partitions?: { readonly total: number; readonly settled: number; readonly parked: number };
}

/** Prints the runs, newest first. */
export async function printRuns(session: Session, all: boolean, output: Output): Promise<number> {
  const runs = await listRuns(session);
  let ended = 0;
  const listed = runs.filter(({ status }) => all || status === 'RUNNING' || (ended += 1) <= ENDED);
  const states: (ListedRun & RunState)[] = [];
  for (const run of listed) states.push({ ...run, ...(await stateOf(session, run)) });
  const now = Date.now();
  if (states.length === 0)
    output.say('There are no runs. `parquetry backfill --help` shows how to start one.');
  else
    output.table(
      ['run', 'state', 'ledgers', 'progress', 'age'],
      states.map(({ workflowId, state, range, text, startedAt }) => [
        workflowId,
        state,
        range === undefined ? '–' : formatRange(range),
        text,
        formatSeconds((now - startedAt.getTime()) / 1000),
      ]),
    );
  if (listed.length < runs.length)
    output.say(`${runs.length - listed.length} more runs have ended; --all lists them.`);
  if (states.some(({ answeredBy }) => answeredBy === 'history'))
    output.say('No worker responds: the progress is that of the last report.');
  output.document({ runs: states.map(documentOf) });
  return 0;
}

function documentOf({ text, startedAt, endedAt, ...run }: ListedRun & RunState): object {
  return {
    ...run,
    progress: text,
    startedAt: startedAt.toISOString(),
    ...(endedAt === undefined ? {} : { endedAt: endedAt.toISOString() }),
  };
}

async function stateOf(session: Session, { workflowId, type, status }: ListedRun): Promise<RunState> {
  if (status !== 'RUNNING') return { state: status.toLowerCase().replaceAll('_', ' '), text: '' };
  const handle = session.client.workflow.getHandle(workflowId);
  if (type === 'backfill') {
    const { by, value } = await queryWorkflow<BackfillProgress>(session, handle, progressQuery, async () =>
      foldBackfill(await readHistory(handle)),
    );
    const { phase, total, parked } = value;
    const settled = settledOf(value);
    const text =
      phase === 'planning'
        ? ''
        : `${settled} of ${total} partitions${parked > 0 ? `, ${parked} parked` : ''}`;
    return { state: phase, answeredBy: by, text, partitions: { total, settled, parked } };
  }
  if (type === 'tail') {
    const { by, value } = await queryWorkflow<TailProgress>(session, handle, tailProgress, async () =>
      foldTail(await readHistory(handle)),
    );
    const { phase, cursor, lag } = value;
    const behind = lag === undefined ? '' : `, ${lag.ledgers} behind`;
    return { state: phase, answeredBy: by, text: cursor === undefined ? '' : `at ledger ${cursor}${behind}` };
  }
  return { state: 'running', text: '' };
}

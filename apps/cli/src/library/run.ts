import { ParquetryError } from '@parquetry/core';
import {
  type BackfillInput,
  type BackfillProgress,
  type BackfillResult,
  progress as progressQuery,
} from '@parquetry/workflows';
import { followHere, parkedList, rejectsError } from '../attachrun';
import { runInput } from '../existingrun';
import { parkedError } from '../follow';
import { backfillInput, runRanges } from '../runspec';
import { type Session, isNoWorkflow, openSession, workflowLink } from '../session';
import { checkFirst, runId, startOrJoin } from '../startrun';
import { workerSettings } from '../workeroptions';
import { backfillOptions } from './options';
import type { Run, RunOptions, RunProgress, RunResult, SessionOptions } from './types';

/** See `startRun`. */
export async function startedRun(options: RunOptions, { onNote }: SessionOptions): Promise<Run> {
  const settings = backfillOptions(options);
  const note = onNote ?? (() => undefined);
  const [range, ...others] = await runRanges(settings, { note });
  if (range === undefined || others.length > 0)
    throw new ParquetryError('RANGE_INVALID', 'A run has one range of ledgers.', {
      hint: 'Start a run for each range.',
    });
  const input = backfillInput(settings, { start: range.start, end: range.end });
  const id = runId(input);
  await checkFirst(input.spec);
  return withSession(onNote, async (session) => {
    await startOrJoin(session, id, input);
    return runOf(session, id, input);
  });
}

/** See `openRun`. */
export async function openedRun(id: string, { onNote }: SessionOptions): Promise<Run> {
  return withSession(onNote, async (session) => {
    try {
      return runOf(session, id, await runInput(session.client.workflow.getHandle(id), session));
    } catch (error) {
      if (!isNoWorkflow(error)) throw error;
      throw new ParquetryError('USAGE', `There is no run ${JSON.stringify(id)}.`, { cause: error });
    }
  });
}

/** Opens a session, which is closed if no run comes of it. */
async function withSession(
  onNote: SessionOptions['onNote'],
  use: (session: Session) => Promise<Run>,
): Promise<Run> {
  const tell = onNote ?? (() => undefined);
  const output = { note: tell, warn: tell };
  const session = await openSession({ output, worker: 'embedded', settings: workerSettings({}) });
  try {
    return await use(session);
  } catch (error) {
    await session.close();
    throw error;
  }
}

function runOf(session: Session, id: string, { spec }: BackfillInput): Run {
  const url = workflowLink(session, id);
  const closing = new AbortController();
  return {
    id,
    ...(url === undefined ? {} : { url }),
    progress: async () => runProgress(await session.client.workflow.getHandle(id).query(progressQuery)),
    async finished(onProgress) {
      const end = await followHere(session, id, closing.signal, (each) => onProgress?.(runProgress(each)));
      if (end.kind === 'detached')
        throw new ParquetryError('CANCELLED', `The connection to ${id} was closed before the run ended.`);
      if (end.kind === 'blocked') throw parkedError(id, end.progress, parkedList(session, id));
      const error = rejectsError(end.result, spec);
      if (error !== undefined) throw error;
      return runResult(end.result);
    },
    async close() {
      closing.abort();
      await session.close();
    },
  };
}

function runProgress({ phase, tally, ...counts }: BackfillProgress): RunProgress {
  const { total, done, skipped, running, parked, failed } = counts;
  const { ledgers, rows } = tally;
  return { phase, total, done, skipped, running, parked, failed, ledgers, rows };
}

function runResult({ range, partitions, tally }: BackfillResult): RunResult {
  const { rows, files, bytes, rejected } = tally;
  return { ledgers: range, partitions: partitions.total, rows, files, bytes, rejected };
}

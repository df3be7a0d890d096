import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import {
  type BackfillResult,
  type RunHistory,
  type TailResult,
  foldBackfill,
  foldTail,
  readHistory,
} from '@parquetry/workflows';
import { parseHistory } from './history';

/** A recorded history as `status` reads it from the server; `cut` drops its last events. */
function recorded(name: string, cut = 0): Promise<RunHistory> {
  const json = JSON.parse(readFileSync(path.join(__dirname, '0.1.0', `${name}.json`), 'utf8')) as {
    events: unknown[];
  };
  const events = json.events.slice(0, json.events.length - cut);
  const handle = { workflowId: name, fetchHistory: async () => parseHistory({ events }) };
  return readHistory(handle as unknown as WorkflowHandle);
}

describe('a history read without a worker', () => {
  it("of a backfill that parked, was retried and continued as new folds to the workflow's result", async () => {
    const history = await recorded('backfill');
    const { partitions, tally } = history.result as BackfillResult;
    expect(foldBackfill(history)).toMatchObject({
      phase: 'finished',
      total: partitions.total,
      done: partitions.done,
      skipped: partitions.skipped,
      running: 0,
      parked: 0,
      tally,
    });
    const before = foldBackfill(await recorded('backfill', 12));
    expect(before.phase).not.toBe('finished');
    expect(before.done).toBeLessThanOrEqual(partitions.done);
  });

  it('of a run whose own step failed gives the same error as the workflow', async () => {
    const history = await recorded('backfill-books');
    expect(foldBackfill(history)).toMatchObject({ phase: 'finished', done: 6 });
    expect(foldBackfill(history).faults).toBeUndefined();
    const { events } = history;
    const last = events.findLastIndex(({ kind }) => kind === 'failed');
    expect(foldBackfill({ ...history, events: events.slice(0, last + 1), result: undefined })).toMatchObject({
      phase: 'blocked',
      done: 6,
      faults: [{ step: 'summarize', code: 'PERMISSION_DENIED', final: true }],
    });
    const first = events.findIndex(({ kind }) => kind === 'failed');
    expect(foldBackfill({ ...history, events: events.slice(0, first + 1), result: undefined })).toMatchObject(
      {
        phase: 'running',
        done: 0,
        faults: [{ step: 'nextPartitions', code: 'STORAGE_UNREACHABLE', final: false }],
      },
    );
  });

  it("of a tail that parked and continued folds to the workflow's result", async () => {
    const history = await recorded('tail');
    const result = history.result as TailResult;
    const { phase, cursor, flushes, reasons, tally } = foldTail(history);
    expect({ phase, cursor, flushes, reasons, rows: tally.rows, ledgers: tally.ledgers }).toEqual({
      phase: 'finished',
      cursor: result.cursor,
      flushes: result.flushes,
      reasons: result.reasons,
      rows: result.tally.rows,
      ledgers: result.tally.ledgers,
    });
    const waiting = foldTail(await recorded('tail', 40), { tip: { ledger: 50 } });
    expect(waiting.lag).toEqual({ ledgers: 50 - (waiting.cursor ?? 0) + 1 });
    const { events } = history;
    const retried = events.findIndex((event) => event.kind === 'signal' && event.name === 'retry');
    const parked = foldTail(
      { ...history, events: events.slice(0, retried), result: undefined },
      { parked: true },
    );
    expect(parked).toMatchObject({
      phase: 'parked',
      cursor: 20,
      failures: [{ dataset: 'a', step: 'verifyRowCounts', code: 'VERIFY_MISMATCH' }],
    });
  });
});

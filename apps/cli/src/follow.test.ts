import type { BackfillProgress } from '@parquetry/workflows';
import type { Client } from '@temporalio/client';
import { sdk } from '@parquetry/temporal';
import { followRun, parkedError, runFailure } from './follow';

const PROGRESS: BackfillProgress = {
  ...{ phase: 'blocked', total: 9, done: 3, skipped: 1, abandoned: 0, running: 0, parked: 2, failed: 0 },
  ...{ concurrency: 4, unusable: 0, troubled: [{ key: '0000000010', reason: 'because' }] },
  tally: { ledgers: 30, rows: 9, files: 3, bytes: 1, rejected: 0, bytesRead: 1 },
};

describe('the error of a waiting run', () => {
  it('counts the parked partitions and has their reasons', () => {
    const error = parkedError('backfill-1', PROGRESS, 'See there.');
    expect(error).toMatchObject({
      code: 'PARTITIONS_PARKED',
      message: '2 of 9 partitions are parked and 3 are waiting; the others are committed.',
    });
    expect(error.hint?.split('\n')).toEqual([
      'backfill-1/p/0000000010: because',
      'Fix the cause, then run the same command again, or:',
      '  parquetry retry backfill-1',
      'See there.',
    ]);
  });

  it("is that of the run's own failed step, if there is one", () => {
    const fault = { step: 'nextPartitions', message: 'The token has expired.' };
    const faults = [
      { ...fault, step: 'inspect', code: 'INTERNAL', final: false },
      { ...fault, code: 'PERMISSION_DENIED', hint: 'Renew it.', final: true },
    ];
    const error = parkedError('backfill-1', { ...PROGRESS, faults }, undefined);
    expect(error).toMatchObject({
      code: 'PERMISSION_DENIED',
      message: 'nextPartitions: The token has expired.',
      exitCode: 1,
    });
    expect(error.hint).toMatch(/^Renew it\.\n.*\n {2}parquetry retry backfill-1$/);
    // What is tried again by itself is no reason to end a command.
    expect(parkedError('backfill-1', { ...PROGRESS, faults: faults.slice(0, 1) }, undefined).code).toBe(
      'PARTITIONS_PARKED',
    );
  });
});

describe('the failure of a run', () => {
  it('that a server has lost with its database says that the command can be repeated', () => {
    const gone = new sdk.WorkflowNotFoundError('workflow not found', 'backfill-1', undefined);
    const error = runFailure(gone, 'backfill-1');
    expect(error).toMatchObject({ code: 'CANCELLED', details: { run: 'backfill-1' } });
    expect(error.hint).toMatch(/lost its database.*run the same command again/);
  });

  it('that a lost connection hides is not one of the run', () => {
    const lost = new sdk.ServiceError('failed', { cause: Object.assign(new Error('lost'), { code: 14 }) });
    expect(runFailure(lost, 'backfill-1')).toMatchObject({ code: 'TEMPORAL_UNREACHABLE', exitCode: 3 });
  });

  it('whose step sent no heartbeat names the step', () => {
    const timeout = new sdk.TimeoutFailure('activity Heartbeat timeout', undefined, 'HEARTBEAT');
    const step = new sdk.ActivityFailure('failed', 'planRun', '1', 'TIMEOUT', 'worker', timeout);
    const failed = new sdk.WorkflowFailedError('failed', step, 'TIMEOUT');
    expect(runFailure(failed, 'backfill-1')).toMatchObject({
      code: 'STEP_TIMED_OUT',
      message: 'planRun did not end in time: activity Heartbeat timeout.',
    });
  });
});

describe('followRun', () => {
  it('leaves no timer behind when the run ends: it would keep the command alive', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    const handle = { result: () => Promise.resolve('the result') };
    const client = {
      workflow: { getHandle: () => handle },
      withAbortSignal: (_: AbortSignal, call: () => Promise<unknown>) => call(),
    } as unknown as Client;
    const end = await followRun(client, 'backfill-1', new AbortController().signal, () => undefined);
    expect(end).toEqual({ kind: 'done', result: 'the result' });
    expect(timers()).toBe(before);
  });

  it('asks again when a query is not answered in time', async () => {
    let asked = 0;
    const handle = { result: () => new Promise(() => undefined), query: () => Promise.resolve(PROGRESS) };
    const client = {
      workflow: { getHandle: () => handle },
      withAbortSignal: (signal: AbortSignal, call: () => Promise<unknown>) =>
        Promise.race([
          call(),
          new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
        ]),
      withDeadline: (deadline: number, call: () => Promise<unknown>) => {
        expect(deadline).toBeGreaterThan(Date.now());
        asked += 1;
        return asked === 1 ? Promise.reject(new Error('deadline exceeded')) : call();
      },
    } as unknown as Client;
    const end = await followRun(client, 'backfill-1', new AbortController().signal, () => undefined);
    expect([end.kind, asked]).toEqual(['blocked', 2]);
  });
});

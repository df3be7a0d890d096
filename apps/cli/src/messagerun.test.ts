import { sdk } from '@parquetry/temporal';
import type { Tracing } from '@parquetry/telemetry';
import type { withRun } from './existingrun';
import { messageRun } from './messagerun';
import { Output } from './output';

/** What the run answers, and what it was sent. */
let end: () => Promise<unknown>;
let tracing: Tracing | undefined;
let sent: string[];

jest.mock('./existingrun', () => ({
  withRun: (...[, , , , use]: Parameters<typeof withRun>) =>
    use(
      {
        workflowId: 'tail/1',
        describe: async () => ({ type: 'tail', runId: 'the-run' }),
        cancel: async () => sent.push('cancel'),
        signal: async ({ name }: { readonly name: string }) => sent.push(name),
        result: () => end(),
      } as never,
      { tracing } as never,
    ),
}));

beforeEach(() => {
  sent = [];
  tracing = undefined;
});

/** The line that the command prints. */
async function run(what: Parameters<typeof messageRun>[1]): Promise<string> {
  const lines: unknown[] = [];
  const spy = jest.spyOn(console, 'log').mockImplementation((line) => void lines.push(line));
  try {
    expect(await messageRun('tail/1', what, {} as never, new Output(false))).toBe(0);
  } finally {
    spy.mockRestore();
  }
  return lines.join();
}

const failed = (cause: Error): (() => Promise<never>) => {
  return () => Promise.reject(new sdk.WorkflowFailedError('failed', cause, 'NON_RETRYABLE_FAILURE'));
};
const completed = async (): Promise<object> => ({});
const cancelled = failed(new sdk.CancelledFailure('cancelled'));
const terminated = failed(new sdk.TerminatedFailure('by hand'));
const broken = failed(sdk.ApplicationFailure.nonRetryable('Ledger 7 is missing.', 'LEDGER_MISSING'));
const lost = (): Promise<never> =>
  Promise.reject(new sdk.ServiceError('failed', { cause: Object.assign(new Error('lost'), { code: 14 }) }));

it('says that a run is stopped or cancelled when it has ended so', async () => {
  end = completed;
  expect([await run('stop'), sent]).toEqual(['tail/1 is stopped.', ['stop']]);
  end = cancelled;
  expect([await run('cancel'), sent]).toEqual(['tail/1 is cancelled.', ['stop', 'cancel']]);
});

it.each([
  ['cancel', 'completed', completed, { code: 'USAGE', message: /completed before it was cancelled/ }],
  ['cancel', 'terminated', terminated, { code: 'CANCELLED', message: /was terminated/ }],
  ['cancel', 'failed', broken, { code: 'LEDGER_MISSING', message: /7 is missing/ }],
  ['cancel', 'out of reach', lost, { code: 'TEMPORAL_UNREACHABLE', message: /stopped answering/ }],
  ['stop', 'cancelled', cancelled, { code: 'CANCELLED', message: /was cancelled/ }],
  ['stop', 'terminated', terminated, { code: 'CANCELLED', message: /was terminated/ }],
  ['stop', 'failed', broken, { code: 'LEDGER_MISSING', message: /7 is missing/ }],
  ['stop', 'out of reach', lost, { code: 'TEMPORAL_UNREACHABLE', message: /stopped answering/ }],
] as const)('%s fails when the run is %s', async (what, _, how, { code, message }) => {
  end = how;
  await expect(run(what)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message) as string,
  });
});

it('its request is a span in the trace of the run', async () => {
  const spans: unknown[] = [];
  const request: Tracing['request'] = async (name, facts, send, runId) => {
    const result = await send();
    spans.push([name, facts, runId(result)]);
    return result;
  };
  tracing = { request } as Tracing;
  end = cancelled;
  await run('cancel');
  await run('pause');
  expect(spans).toEqual([
    ['cancel workflow', { workflow: 'tail/1' }, 'the-run'],
    ['signal workflow', { workflow: 'tail/1' }, 'the-run'],
  ]);
  expect(sent).toEqual(['cancel', 'pause']);
});

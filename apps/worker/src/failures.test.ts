import { ParquetryError } from '@parquetry/core';
import { ApplicationFailure } from '@temporalio/activity';
import { DefaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { FailureInterceptor } from './failures';

const SECRET = 'Key0123456789abcdef';

/** What Temporal's history would keep of an error of an activity, as text. */
async function kept(error: unknown): Promise<{ text: string; failure: ApplicationFailure }> {
  const inbound = new FailureInterceptor();
  const failure: unknown = await new MockActivityEnvironment(undefined, {
    logger: new DefaultLogger('ERROR'),
  })
    .run(() => inbound.execute({ args: [], headers: {} }, () => Promise.reject(error as Error)))
    .catch((reason: unknown) => reason);
  if (!(failure instanceof ApplicationFailure)) throw new Error('not a failure of the application');
  const message = new DefaultFailureConverter().errorToFailure(failure, defaultPayloadConverter);
  const text = JSON.stringify(message, (_, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString() : value,
  );
  return { text, failure };
}

describe('FailureInterceptor', () => {
  beforeEach(() => {
    process.env['TEMPORAL_API_KEY'] = SECRET;
  });
  afterEach(() => {
    delete process.env['TEMPORAL_API_KEY'];
  });

  it('keeps no secret of the worker: not in the message, hint, details, causes or stacks', async () => {
    const request = Object.assign(new Error(`401 for ${SECRET}`), {
      config: { headers: { authorization: SECRET } },
    });
    const cause = new Error(`echoed ${SECRET}`, { cause: request });
    const error = new ParquetryError('PROCESSOR_FAILED', `processor:x ended with exit code 3: ${SECRET}`, {
      cause,
      details: { start: 1, seen: [`a ${SECRET}`] },
      hint: `Unset ${SECRET}.`,
    });
    const { text, failure } = await kept(error);
    expect(text).not.toContain(SECRET);
    expect(failure).toMatchObject({
      type: 'PROCESSOR_FAILED',
      nonRetryable: false,
      message: 'processor:x ended with exit code 3: ***',
      details: [{ start: 1, seen: ['a ***'], hint: 'Unset ***.' }],
    });
    expect(text).toContain('echoed ***');
    expect(text).toContain('401 for ***');
  });

  it('keeps no secret of an unknown error', async () => {
    const { text, failure } = await kept(new TypeError(`no ${SECRET}`));
    expect(text).not.toContain(SECRET);
    expect(failure).toMatchObject({ type: 'INTERNAL', message: 'no ***' });
    expect((await kept(`thrown ${SECRET}`)).failure.message).toBe('thrown ***');
  });
});

import { type Answer, plain, readRetryAfter, remoteFault } from './fault';
import { pause } from './retry';

const PLACE = { action: 'write', uri: 's3://b/k', bucket: 'b' };
const answer = (status: number | undefined, reason: string, more: Partial<Answer> = {}): Answer => ({
  status,
  reason,
  retryAfter: undefined,
  requestId: undefined,
  region: undefined,
  ...more,
});

describe('remoteFault', () => {
  it.each([
    [403, 'AccessDenied', 'PERMISSION_DENIED'],
    [403, 'InvalidAccessKeyId', 'PERMISSION_DENIED'],
    [403, 'SignatureDoesNotMatch', 'PERMISSION_DENIED'],
    [400, 'ExpiredToken', 'PERMISSION_DENIED'],
    [401, 'Unknown', 'PERMISSION_DENIED'],
    [undefined, 'CredentialsProviderError', 'PERMISSION_DENIED'],
    [403, 'RequestTimeTooSkewed', 'PERMISSION_DENIED'],
    [404, 'NoSuchBucket', 'STORAGE_NOT_FOUND'],
    [301, 'PermanentRedirect', 'CONFIG_INVALID'],
    [400, 'AuthorizationHeaderMalformed', 'CONFIG_INVALID'],
    [501, 'NotImplemented', 'CONFIG_INVALID'],
    [undefined, 'DEPTH_ZERO_SELF_SIGNED_CERT', 'CONFIG_INVALID'],
    [400, 'InvalidStorageClass', 'STORAGE_REFUSED'],
    [507, 'InsufficientStorage', 'STORAGE_FULL'],
  ])('%s %s is final: %s, with a hint', (status, reason, code) => {
    const fault = remoteFault(new Error('x'), answer(status, reason), PLACE);
    expect(fault).toMatchObject({ again: false, error: { code, hint: expect.any(String) as string } });
  });

  it.each([
    [429, 'Unknown'],
    [403, 'rateLimitExceeded'],
    [503, 'SlowDown'],
    [500, 'InternalError'],
    [502, 'Unknown'],
    [400, 'RequestTimeout'],
    [400, 'BadDigest'],
    [409, 'OperationAborted'],
    [undefined, 'ECONNRESET'],
    [undefined, 'ETIMEDOUT'],
    [200, 'SyntaxError'],
  ])('%s %s is retried', (status, reason) => {
    const fault = remoteFault(new Error('x'), answer(status, reason, { retryAfter: '2' }), PLACE);
    expect(fault).toMatchObject({ again: true, retryAfterMs: 2000, error: { code: 'STORAGE_UNREACHABLE' } });
  });

  it('names the region that the service returned', () => {
    const { error } = remoteFault(
      new Error('x'),
      answer(301, 'PermanentRedirect', { region: 'eu-west-3' }),
      PLACE,
    );
    expect(error.hint).toContain('AWS_REGION=eu-west-3');
  });

  it("omits the service's text", () => {
    const cause = new Error('the key AKIAHUNTER2 with hunter2 is wrong');
    const { error } = remoteFault(cause, answer(403, 'AccessDenied'), PLACE);
    expect(JSON.stringify(error) + error.message + error.hint + String(error.cause)).not.toMatch(/hunter2/i);
    expect(plain('a b', 'fallback')).toBe('fallback');
  });
});

describe('pauses', () => {
  it('read Retry-After as seconds or a date', () => {
    expect(readRetryAfter('3')).toBe(3000);
    expect(readRetryAfter('Sun, 13 Jul 2025 00:00:05 GMT', Date.UTC(2025, 6, 13))).toBe(5000);
    expect(readRetryAfter('soon')).toBeUndefined();
    expect(readRetryAfter(undefined)).toBeUndefined();
  });

  it('double, are jittered and bounded, and are never shorter than requested', () => {
    const policy = { attempts: 8, backoffMs: 100 };
    for (let i = 0; i < 200; i++) {
      const second = pause(policy, 2, undefined) ?? 0;
      expect(second).toBeGreaterThanOrEqual(100);
      expect(second).toBeLessThanOrEqual(200);
      expect(pause(policy, 40, undefined)).toBeLessThanOrEqual(20_000);
      expect(pause(policy, 1, 5000)).toBeGreaterThanOrEqual(5000);
    }
    expect(pause(policy, 1, 3_600_000)).toBeUndefined();
  });
});

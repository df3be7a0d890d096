import { assertSize } from './write';

const PLACE = { action: 'write', uri: 's3://bucket/object', bucket: 'bucket' };

describe('an uploaded object', () => {
  const failure = (info: Parameters<typeof assertSize>[0]): unknown => {
    try {
      assertSize(info, 5, PLACE);
    } catch (error) {
      return error;
    }
    return undefined;
  };

  it('that is not found yet is looked for again by the retry of the step', () => {
    expect(failure(undefined)).toMatchObject({ code: 'STORAGE_UNREACHABLE', retryable: true });
  });

  it('of another size is a final error', () => {
    expect(failure({ size: 5, modified: 0, sums: {} } as never)).toBeUndefined();
    expect(failure({ size: 4, modified: 0, sums: {} } as never)).toMatchObject({
      code: 'VERIFY_MISMATCH',
      message: 's3://bucket/object has 4 bytes after 5 were uploaded.',
      retryable: false,
    });
  });
});

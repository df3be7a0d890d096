import { lostServer } from './lostserver';

describe('lostServer', () => {
  it('names a server that went away, and leaves other errors as they are', () => {
    const said = (code: string): Error =>
      new Error(
        `Namespace a was not found or otherwise could not be described: Status { code: ${code}, message: "http2 error" }`,
      );
    expect(lostServer(said('Unavailable'))).toMatchObject({ code: 'TEMPORAL_UNREACHABLE', exitCode: 3 });
    for (const other of [said('NotFound'), new Error('other'), 'text']) expect(lostServer(other)).toBe(other);
  });
});

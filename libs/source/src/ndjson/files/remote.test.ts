import { keyPattern, listObjects } from './remote';

describe('globs over keys', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ['a/*.ndjson', ['a/x.ndjson'], ['a/b/x.ndjson', 'a/.x.ndjson', 'a/xndjson', 'b/x.ndjson']],
    ['a/**/x', ['a/x', 'a/b/x', 'a/b/c/x'], ['a/bx', 'x', 'a/b/.c/x']],
    ['**', ['a', 'a/b'], ['.a', 'a/.b']],
    ['d-[0-2]/[!a]*', ['d-0/b', 'd-2/ba'], ['d-3/b', 'd-0/a', 'd-0//']],
    ['1+1=(2)/*', ['1+1=(2)/x'], ['11=2/x']],
    ['a[', ['a['], ['a']],
    ['*é*', ['né', 'é😀'], ['ne']],
  ])('%s', (glob, yes, no) => {
    for (const key of yes) expect([key, keyPattern(glob).test(key)]).toEqual([key, true]);
    for (const key of no) expect([key, keyPattern(glob).test(key)]).toEqual([key, false]);
  });
});

it.each(['s3://key:secret@bucket/x', 's3://bucket/x?X-Amz-Signature=secret', 'gs:///x'])(
  'refuses %s without repeating it',
  async (uri) => {
    const failure: unknown = await listObjects(uri).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(JSON.stringify(failure)).not.toContain('secret');
  },
);

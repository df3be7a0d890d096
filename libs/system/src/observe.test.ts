import { ParquetryError } from '@parquetry/core';
import { type Ending, type Operation, observed, observedStream, setObserver } from './observe';

const GET = { kind: 'storage', name: 'get', facts: { key: 'a' } } as const;

describe('observed operations', () => {
  const seen: { readonly operation: Operation; readonly ending: Ending }[] = [];
  beforeEach(() => {
    seen.length = 0;
    setObserver((operation) => (ending) => seen.push({ operation, ending }));
  });
  afterEach(() => setObserver(undefined));

  it('have the facts of their result', async () => {
    expect(
      await observed(
        GET,
        async () => 7,
        (size) => ({ size }),
      ),
    ).toBe(7);
    expect(seen).toEqual([{ operation: GET, ending: { facts: { size: 7 } } }]);
  });

  it('have the error, which the caller gets unchanged', async () => {
    const error = new Error('no');
    await expect(observed(GET, () => Promise.reject(error))).rejects.toBe(error);
    expect(seen).toEqual([{ operation: GET, ending: { error } }]);
  });

  it('that find no object are answers, not errors', async () => {
    const error = new ParquetryError('OBJECT_NOT_FOUND', 'no such object');
    await expect(observed(GET, () => Promise.reject(error))).rejects.toBe(error);
    expect(seen).toEqual([{ operation: GET, ending: { facts: { outcome: 'missing' } } }]);
  });

  it('of a stream end with it, with items and size, also when the reader stops early', async () => {
    async function* items(): AsyncGenerator<string> {
      yield* ['a', 'bc', 'def'];
    }
    const all: string[] = [];
    for await (const item of observedStream(GET, items(), ({ length }) => length)) all.push(item);
    expect(all).toEqual(['a', 'bc', 'def']);
    for await (const item of observedStream(GET, items(), ({ length }) => length)) if (item === 'bc') break;
    expect(seen.map(({ ending }) => ending)).toEqual([
      { facts: { items: 3, size: 6 }, waitedMs: expect.any(Number) as number },
      { facts: { items: 2, size: 3 }, waitedMs: expect.any(Number) as number },
    ]);
  });

  it('of a stream take the time in which its reader waits, not that of the reader', async () => {
    let clock = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => clock);
    async function* items(): AsyncGenerator<string> {
      for (const item of ['a', 'b', 'c']) {
        clock += 10;
        yield item;
      }
      clock += 5;
    }
    for await (const _ of observedStream(GET, items(), () => 1)) clock += 1000;
    for await (const item of observedStream(GET, items(), () => 1)) {
      clock += 1000;
      if (item === 'b') break;
    }
    jest.restoreAllMocks();
    expect(seen.map(({ ending }) => ending.waitedMs)).toEqual([35, 20]);
  });

  it('of a stream that fails have the error', async () => {
    const error = new Error('gone');
    async function* items(): AsyncGenerator<string> {
      yield 'a';
      throw error;
    }
    const read = async (): Promise<void> => {
      for await (const _ of observedStream(GET, items(), () => 1));
    };
    await expect(read()).rejects.toBe(error);
    expect(seen[0]?.ending).toMatchObject({ facts: { items: 1, size: 1 }, error });
  });

  it('without an observer are only run', async () => {
    setObserver(undefined);
    const work = Promise.resolve(1);
    expect(observed(GET, () => work)).toBe(work);
    expect(seen).toEqual([]);
  });
});

import { Recent } from './recent';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

describe('Recent', () => {
  it('computes a result once as long as it is kept, also for two inputs', () => {
    const seen: string[] = [];
    const recent = new Recent(12, (first, second) => {
      const text = Buffer.concat([first, second]).toString('latin1');
      seen.push(text);
      return text;
    });
    for (let round = 0; round < 2; round += 1)
      for (const [first, second] of [
        ['abcd', ''],
        ['abcd', 'e'],
        ['abcd', 'efgh1234'],
        ['abce', 'efgh1234'],
      ] as const)
        expect(recent.get(bytes(first), bytes(second))).toBe(first + second);
    expect(seen).toHaveLength(4);
  });

  it('computes inputs again that are too long or too short to be kept', () => {
    let calls = 0;
    const recent = new Recent(8, () => (calls += 1));
    for (const text of ['123456789', '123456789', 'abc', 'abc']) recent.get(bytes(text));
    expect(calls).toBe(4);
  });

  it('gives the right results for many inputs of one set and keeps a bounded number', () => {
    const recent = new Recent(8, (first, second) => `${first.toString()}/${second.toString()}`);
    const input = (index: number): Uint8Array => Uint8Array.of(1, 2, 3, 4, index & 255, index >> 8);
    for (let round = 0; round < 3; round += 1)
      for (let index = 0; index < 2000; index += 1) {
        const key = input(index % 500);
        expect(recent.get(key)).toBe(`${key.toString()}/`);
      }
    expect((recent as unknown as { results: unknown[] }).results.filter(() => true)).toHaveLength(2);
  });
});

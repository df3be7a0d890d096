import { byteSize } from './parsers';

describe('a size in bytes', () => {
  it.each([
    ['512MB', 512_000_000],
    ['1.5k', 1500],
    ['2GiB', 2 ** 31],
    ['0.5', 0],
  ])('%s is %i', (text, bytes) => {
    expect(byteSize(text)).toBe(bytes);
  });

  it.each([`${'9'.repeat(400)}GB`, '99999999999GB', '-1MB', 'MB', '1e9', ''])(
    '%s is refused: no number of bytes is infinite or rounded',
    (text) => {
      expect(() => byteSize(text)).toThrow('Expected a size such as 512MB or 2GiB.');
    },
  );
});

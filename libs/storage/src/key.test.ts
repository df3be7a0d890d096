import fc from 'fast-check';
import { compareKeys, keyFault } from './key';

describe('keys', () => {
  it.each([
    '',
    '/absolute',
    'a//b',
    'a/',
    '.',
    'a/../b',
    '../a',
    'a/./b',
    'a\\b',
    'a\0b',
    'a\nb',
    'x'.repeat(256),
    `${'a/'.repeat(600)}b`,
    '.tmp-1',
    'a/.tmp-b/c',
    'lone\ud800',
    'nul',
    'a/CON/b',
    'a/aux.parquet',
    'a/Com1',
    'a/LPT².txt',
    'a/trailing.',
    'a/trailing /b',
    'a/%2e%2E/b',
    'a%2Fb',
    'a%5cb',
    'a%00',
  ])('refuses %j', (key) => {
    expect(keyFault(key)).toBeDefined();
  });

  it.each([
    'a',
    'a/b=c/d-e_f.parquet',
    '_delta_log/00000000000000000000.json',
    'é/日本',
    '..a',
    'a..b',
    'console',
    'com10',
    'a%20b',
    'nulls/x',
  ])('accepts %j', (key) => {
    expect(keyFault(key)).toBeUndefined();
  });

  it('orders as object stores do, by UTF-8 bytes', () => {
    expect(['b', '\u{1f600}', 'a-b', 'a/x', '\uffee'].sort(compareKeys)).toEqual([
      'a-b',
      'a/x',
      'b',
      '\uffee',
      '\u{1f600}',
    ]);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(Math.sign(compareKeys(a, b))).toBe(-Math.sign(compareKeys(b, a)) || 0);
      }),
    );
  });
});

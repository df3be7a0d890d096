import { DEFAULT_WRITE_SETTINGS, readAlike } from './settings';

describe('settings with the same effect on rows', () => {
  const plain = DEFAULT_WRITE_SETTINGS;

  it('may cut and compress files differently', () => {
    expect(readAlike(plain, { ...plain, compression: 'zstd', maxRowsPerFile: 10 })).toBe(true);
    const paths = { closeTimePath: 'at', ledgerPath: 'seq', givenType: 'all', metadata: false } as const;
    expect(readAlike({ ...plain, ...paths }, { ...plain, ...paths, compression: 'gzip' })).toBe(true);
  });

  it.each([
    { closeTimePath: 'at' },
    { ledgerPath: 'seq' },
    { givenType: 'untyped' },
    { metadata: false },
  ] as const)('read messages in one way: not %j', (other) => {
    expect(readAlike(plain, { ...plain, ...other })).toBe(false);
  });
});

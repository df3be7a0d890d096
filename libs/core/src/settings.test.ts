import { DEFAULT_WRITE_SETTINGS, sameReadSettings } from './settings';

describe('settings with the same effect on rows', () => {
  const plain = DEFAULT_WRITE_SETTINGS;

  it('may cut and compress files differently', () => {
    expect(sameReadSettings(plain, { ...plain, compression: 'zstd', maxRowsPerFile: 10 })).toBe(true);
    const paths = { closeTimePath: 'at', ledgerPath: 'seq', givenType: 'all', metadata: false } as const;
    expect(sameReadSettings({ ...plain, ...paths }, { ...plain, ...paths, compression: 'gzip' })).toBe(true);
  });

  it.each([
    { closeTimePath: 'at' },
    { ledgerPath: 'seq' },
    { givenType: 'untyped' },
    { metadata: false },
  ] as const)('read messages in one way: not %j', (other) => {
    expect(sameReadSettings(plain, { ...plain, ...other })).toBe(false);
  });
});

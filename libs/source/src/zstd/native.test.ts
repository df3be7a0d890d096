import { decompressObject } from './object';
import { block, frame } from './testing/frames';

jest.mock('@mongodb-js/zstd', () => {
  throw new Error("Cannot find module '@mongodb-js/zstd-linux-x64-gnu'\nRequire stack:");
});

it('a zstd library that is not installed is no fault of the data, and the error says what to install', async () => {
  const bytes = frame([block(0, 1, true)]);
  await expect(decompressObject('some/key', bytes, 1)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: "The zstd library can't be loaded: Cannot find module '@mongodb-js/zstd-linux-x64-gnu'",
    hint: expect.stringContaining('without --omit=optional') as string,
  });
});

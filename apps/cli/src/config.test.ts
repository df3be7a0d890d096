import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readConfig } from './config';

describe('a configuration file', () => {
  let dir: string;
  beforeAll(() => void (dir = mkdtempSync(path.join(tmpdir(), 'parquetry-config-'))));
  afterAll(() => rmSync(dir, { recursive: true }));

  it.each(['? {layout: hour}\n: 1\n', '? [a, b]\n: 1\n'])(
    'with the key %j is faulty, without a warning of a library',
    (text) => {
      const file = path.join(dir, 'parquetry.yaml');
      writeFileSync(file, text);
      const warn = jest.spyOn(process, 'emitWarning').mockImplementation();
      try {
        expect(readConfig(file, []).faults).toMatchObject([{ code: 'CONFIG_INVALID', exitCode: 2 }]);
        expect(warn).not.toHaveBeenCalled();
      } finally {
        warn.mockRestore();
      }
    },
  );
});

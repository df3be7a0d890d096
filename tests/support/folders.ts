import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Makes new folders for the tests of one file, and removes them all at its end. */
export function testFolders(name: string): () => string {
  const root = mkdtempSync(path.join(os.tmpdir(), `parquetry-${name}-`));
  afterAll(() => rmSync(root, { recursive: true }));
  let count = 0;
  return () => {
    const dir = path.join(root, `f${++count}`);
    mkdirSync(dir);
    return dir;
  };
}

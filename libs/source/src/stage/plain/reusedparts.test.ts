import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { partName } from '@parquetry/core';
import type { TableSchema } from '@parquetry/schema';
import { PlainParts } from './parts';
import { keepForReuse, takeReusedPart } from './reusedparts';

const SCHEMA = {
  fields: [{ id: 1, name: 'text', type: { type: 'utf8' }, nullable: true }],
} as unknown as TableSchema;

let dir: string;

beforeEach(async () => (dir = await mkdtemp(path.join(os.tmpdir(), 'parquetry-spare-'))));
afterEach(() => rm(dir, { recursive: true, force: true }));

async function stage(name: string, texts: readonly string[], spareDir?: string): Promise<string> {
  const stageDir = path.join(dir, name);
  await mkdir(stageDir);
  const parts = new PlainParts(stageDir, 'thing', SCHEMA, { spareDir });
  for (const text of texts) {
    const [column] = parts.columns;
    column?.out.int32(text.length);
    column?.out.ascii(text);
    column?.keep();
    parts.addRows(1);
  }
  const { parts: sizes } = await parts.close();
  const file = path.join(stageDir, partName('thing', 0));
  expect((await readFile(file)).length).toBe(sizes[0]);
  return file;
}

describe('spare part files', () => {
  it('are overwritten with the same bytes as a new file, shorter or longer than before', async () => {
    const spareDir = path.join(dir, 'spare');
    const fresh = await readFile(await stage('fresh', ['one', 'two']));
    for (const [name, texts] of [
      ['longer', ['x'.repeat(90_000)]],
      ['shorter', []],
    ] as const) {
      await keepForReuse(spareDir, await stage(name, texts));
      expect(await readdir(spareDir)).toHaveLength(1);
      const again = await stage(`after-${name}`, ['one', 'two'], spareDir);
      expect(await readdir(spareDir)).toEqual([]);
      expect((await readFile(again)).equals(fresh)).toBe(true);
    }
  });

  it('are kept up to a limit and removed beyond it; a missing file is ignored', async () => {
    const spareDir = path.join(dir, 'spare');
    await keepForReuse(spareDir, path.join(dir, 'gone'));
    for (let index = 0; index < 40; index += 1) {
      await writeFile(path.join(dir, `part-${index}`), 'rows');
      await keepForReuse(spareDir, path.join(dir, `part-${index}`));
    }
    expect(await readdir(spareDir)).toHaveLength(32);
    expect(await readdir(dir)).toEqual(['spare']);
    for (let index = 0; index < 32; index += 1)
      expect(takeReusedPart(spareDir, path.join(dir, `taken-${index}`))).toBe(true);
    expect(takeReusedPart(spareDir, path.join(dir, 'none'))).toBe(false);
    expect(takeReusedPart(path.join(dir, 'nowhere'), path.join(dir, 'none'))).toBe(false);
  });
});

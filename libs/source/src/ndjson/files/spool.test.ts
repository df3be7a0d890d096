import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { SourceFile } from './sourcefile';
import type * as spool from './spool';

type Spool = typeof spool;

/** The module as a thread of its own loads it. */
function load(): Spool {
  let found: Spool | undefined;
  jest.isolateModules(() => {
    found = jest.requireActual<Spool>('./spool');
  });
  return found as Spool;
}

it('two threads of a process that decompress the same file at once both get the whole copy', async () => {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'parquetry-spool-'));
  try {
    const text = '{"message_type":"a","ledger_sequence":1}\n'.repeat(50_000);
    const packed = path.join(dir, 'a.ndjson.gz');
    await writeFile(packed, gzipSync(text));
    const file = { name: 'a.ndjson.gz', path: packed, size: 0, packing: 'gzip', spool: 'copy' } as SourceFile;
    const spools = path.join(dir, 'spool');
    const copies = await Promise.all([load(), load(), load()].map((each) => each.ensureSpool(file, spools)));
    for (const copy of copies) expect((await readFile(copy.path, 'utf8')) === text).toBe(true);
    expect(await readdir(spools)).toEqual(['copy']);
  } finally {
    await rm(dir, { recursive: true });
  }
});

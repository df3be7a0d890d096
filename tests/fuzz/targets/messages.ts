import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { compress } from '@mongodb-js/zstd';
import { MAX_LEDGER, type Reject, type StageManifest } from '@parquetry/core';
import { openNdjsonSource } from '@parquetry/source';
import { generate } from '../messages';
import { mutateBytes, noise } from '../mutate';
import type { Random } from '../random';
import { type OpenTarget, type Target, demand } from '../target';

const RANGE = { start: 1, end: MAX_LEDGER };
const LF = Buffer.from('\n');

/**
 * Whole NDJSON sources on disk: files of a few messages, some lines damaged, with `\n` and `\r\n`, blank lines, byte order
 * marks, no last line end, spliced lines; plain or as gzip and zstd in one or several frames, mixed, cut and damaged.
 *
 * Oracle: the source is refused with a code, or each line that is not blank is in the stage once: a row, or a reject of
 * the stage or of the run with its position and its bytes. A compressed source gives the rows, hashes and rejects of the
 * same bytes uncompressed; a damaged one that still decompresses gives those of what it decompresses to.
 */
export const messages: Target = {
  name: 'messages',
  ci: 120,
  open: (dir) => {
    const types = Array.from({ length: 60 }, (_, type) =>
      generate(type + 1000, `f${type % 7}x`, 3, false).lines.map(({ bytes }) => bytes),
    );
    const work = path.join(dir, 'case');
    return Promise.resolve({
      run: async (random) => {
        await mkdir(work);
        try {
          return await runCase(random, work, types);
        } finally {
          await rm(work, { recursive: true, force: true });
        }
      },
    } satisfies OpenTarget);
  },
};

interface Outcome {
  readonly rows: number;
  readonly rejects: readonly Reject[];
  /** Content hashes by dataset. */
  readonly content: string;
}

async function runCase(
  random: Random,
  work: string,
  types: readonly (readonly Buffer[])[],
): Promise<string | undefined> {
  const bytes = contentOf(random, types);
  if (random.chance(2)) {
    const found = await readSource(path.join(work, 'plain'), bytes, 'in.ndjson');
    return judge(bytes, found);
  }
  const { packed, name } = await pack(random, bytes);
  const sent = random.chance(3) ? packed : mutateBytes(random, packed, 2);
  const found = await readSource(path.join(work, 'packed'), sent, name);
  const content = sent === packed ? bytes : decompressed(sent);
  // What a damaged zstd frame decompresses to is not known here; its checksum or structure was right.
  if (content === undefined) return 'DECOMPRESSED';
  const plain = await readSource(path.join(work, 'plain'), content, 'in.ndjson');
  demand(
    found.content === plain.content &&
      found.rows === plain.rows &&
      found.rejects.length === plain.rejects.length,
    () => 'the rows differ from those of the uncompressed file',
  );
  return judge(content, found);
}

function judge(bytes: Buffer, { rows, rejects }: Outcome): string | undefined {
  const lines = split(bytes);
  const filled = lines.filter((line) => !/^[ \t\r]*$/.test(line.toString('latin1')));
  demand(
    rows + rejects.length === filled.length,
    () => `${rows} rows and ${rejects.length} rejects of ${filled.length} lines`,
  );
  const seen = new Set<number>();
  for (const reject of rejects) {
    const { position } = reject;
    const number = Number(position.slice(position.lastIndexOf(':') + 1));
    demand(!seen.has(number), () => `line ${number} is rejected twice`);
    seen.add(number);
    const line = lines[number - 1] ?? Buffer.of();
    const raw = reject as { readonly raw?: string; readonly raw_base64?: string };
    const kept = raw.raw === undefined ? Buffer.from(raw.raw_base64 ?? '', 'base64') : Buffer.from(raw.raw);
    demand(kept.equals(line), () => `line ${number}: ${reject.code} with other bytes`);
  }
  return rows === 0 && rejects.length > 0 ? (rejects[0]?.code as string) : undefined;
}

/** Lines without their ends, without the byte order mark of the file. */
function split(bytes: Buffer): Buffer[] {
  const text = bytes.subarray(0, 3).equals(Buffer.from('\ufeff')) ? bytes.subarray(3) : bytes;
  const lines: Buffer[] = [];
  for (let at = 0; at < text.length;) {
    const newline = text.indexOf(10, at);
    const end = newline < 0 ? text.length : newline;
    lines.push(text.subarray(at, end > at && text[end - 1] === 13 ? end - 1 : end));
    at = end + 1;
  }
  return lines;
}

async function readSource(dir: string, bytes: Buffer, name: string): Promise<Outcome> {
  const stageDir = path.join(dir, 'stage');
  await mkdir(stageDir, { recursive: true });
  const file = path.join(dir, name);
  await writeFile(file, bytes);
  const source = await openNdjsonSource(file, { schemas: new Map() });
  const index = await source.prepare({ range: RANGE, workDir: dir });
  const manifest = await source.pull({
    stageId: 's',
    range: RANGE,
    datasets: index.datasets,
    index,
    stageDir,
    spoolDir: dir,
  });
  const rejects = index.unusable > 0 ? await readRejects(path.join(dir, 'rejects.ndjson')) : [];
  for (const { dataset, rejected } of manifest.datasets)
    if (rejected > 0) rejects.push(...(await readRejects(path.join(stageDir, `${dataset}.rejects.ndjson`))));
  return {
    rows: manifest.datasets.reduce((sum, { rows }) => sum + rows, 0),
    rejects,
    content: contentHashes(manifest),
  };
}

function contentHashes({ datasets }: StageManifest): string {
  return datasets.map(({ dataset, contentHash }) => `${dataset} ${contentHash}`).join('\n');
}

async function readRejects(file: string): Promise<Reject[]> {
  return (await readFile(file, 'utf8'))
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Reject);
}

function contentOf(random: Random, types: readonly (readonly Buffer[])[]): Buffer {
  const parts: Buffer[] = random.chance(8) ? [Buffer.from('\ufeff')] : [];
  const lines = [...random.pick(types), ...(random.chance(2) ? random.pick(types) : [])];
  for (const line of lines.slice(0, 1 + random.below(12))) {
    const one = random.chance(3) ? mutateBytes(random, line) : line;
    parts.push(
      one,
      random.pick([
        LF,
        LF,
        LF,
        LF,
        Buffer.from('\r\n'),
        Buffer.from('\n\n'),
        Buffer.from(' \t\r\n'),
        Buffer.from('\r'),
      ]),
    );
    if (random.chance(20)) parts.push(noise(random, 20));
  }
  if (random.chance(6)) parts.push(Buffer.from(random.pick(['{', '{}', ' ', '\0', '\ufeff\n', '\r'])));
  return Buffer.concat(parts);
}

async function pack(random: Random, bytes: Buffer): Promise<{ packed: Buffer; name: string }> {
  const cut = random.below(bytes.length + 1);
  const parts = random.chance(2) ? [bytes] : [bytes.subarray(0, cut), bytes.subarray(cut)];
  if (random.chance(2)) {
    const padding = random.chance(6) ? Buffer.alloc(random.below(40)) : Buffer.of();
    return {
      packed: Buffer.concat([...parts.map((part) => gzipSync(part)), padding]),
      name: random.pick(['in.ndjson.gz', 'in.ndjson']),
    };
  }
  const frames = await Promise.all(parts.map((part) => compress(part, 1)));
  const skippable = Buffer.from('502a4d1803000000aabbcc', 'hex');
  return {
    packed: Buffer.concat(random.chance(6) ? [skippable, ...frames] : frames),
    name: random.pick(['in.ndjson.zst', 'in.ndjson']),
  };
}

/** The content of damaged gzip members by another call of zlib; undefined where that is no measure. */
function decompressed(packed: Buffer): Buffer | undefined {
  if (packed.length < 2 || packed.readUInt16BE(0) !== 0x1f8b)
    return packed.subarray(0, 4).equals(Buffer.from('28b52ffd', 'hex')) ||
      (packed.length >= 4 && (packed.readUInt32LE(0) & 0xfffffff0) >>> 0 === 0x184d2a50)
      ? undefined
      : packed;
  try {
    return gunzipSync(packed);
  } catch {
    throw new Error('the source was read, and zlib refuses it');
  }
}

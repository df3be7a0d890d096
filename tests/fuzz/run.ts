import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MAX_LEDGER, type Reject, type RejectLine, partName } from '@parquetry/core';
import {
  JsonScanner,
  NESTINGS,
  type Nesting,
  type RegisteredSchema,
  type TableSchema,
} from '@parquetry/schema';
import { openNdjsonSource } from '@parquetry/source';
import { verifyDataset } from '@parquetry/verify';
import { type Writer, openWriter } from '@parquetry/writer';
import { MessageReader } from '../../libs/source/src/message';
import type { TimeBox } from './campaign';
import { type Batches, generate } from './messages';
import { Random } from './random';
import { DuckReader, PythonChecker, type Verdict } from './readers';

/** The request of a fuzz run. */
export interface FuzzOptions {
  readonly batches: number;
  readonly seed: number;
  /** Absent: all batches run, however long they take. */
  readonly box?: TimeBox | undefined;
  /** Without it only DuckDB and the second reader read the files. */
  readonly python?: string;
  readonly onProgress?: (line: string) => void;
}

/** The result of a fuzz run. */
export interface FuzzResult {
  readonly batches: number;
  readonly messages: number;
  readonly rows: number;
  readonly rejects: Readonly<Record<string, number>>;
  /** Rows by the style of nested values. */
  readonly nested: Readonly<Record<Nesting, number>>;
  /** Bytes of the longest message that became a row. */
  readonly longest: number;
  /** At most some; each names the seed and chunk that shows it. */
  readonly faults: readonly string[];
}

const RANGE = { start: 1, end: MAX_LEDGER };
/** Types a source, batches a type. */
const TYPES = 20;
const BATCHES = 60;
/** The first chunks are small, so that a short run has some of every style; the first one has a huge message too. */
const SMALL = { chunks: 6, types: 5, batches: 12 };

/** Runs generated batches through index, pull, writer and verification, and reads every file back. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { batches, seed, box, python, onProgress } = options;
  const began = Date.now();
  const over = (): boolean =>
    box !== undefined && total.batches >= box.floor && Date.now() - began >= box.milliseconds;
  const dir = await mkdtemp(path.join(tmpdir(), 'parquetry-fuzz-'));
  const writer = await openWriter({ memoryLimit: '1GB', threads: 1, tempDir: path.join(dir, 'duckdb') });
  const duck = await DuckReader.open();
  const checker = python === undefined ? undefined : new PythonChecker(python);
  const total = {
    batches: 0,
    messages: 0,
    rows: 0,
    rejects: {} as Record<string, number>,
    nested: { struct: 0, flatten: 0, json: 0 } as Record<Nesting, number>,
    longest: 0,
    faults: [] as string[],
  };
  let pending: Promise<void> = Promise.resolve();
  try {
    for (let chunk = 0; total.batches < batches && total.faults.length === 0 && !over(); chunk += 1) {
      const work = path.join(dir, String(chunk));
      const made = await runChunk({ work, seed, chunk, left: batches - total.batches, writer, duck });
      total.batches += made.batches;
      total.messages += made.messages;
      total.nested[made.nesting] += made.rows;
      total.longest = Math.max(total.longest, made.longest);
      total.faults.push(...made.faults.map((fault) => `seed ${seed}, chunk ${chunk}: ${fault}`));
      await pending;
      pending = judge(checker, made, work, total, `seed ${seed}, chunk ${chunk}`);
      if (chunk % 20 === 19) onProgress?.(`${total.batches} batches, ${total.rows} rows read back`);
    }
    await pending;
    return total;
  } finally {
    await pending.catch(() => undefined);
    checker?.close();
    duck.close();
    await writer.close();
    await rm(dir, { recursive: true, force: true });
  }
}

interface Chunk {
  readonly work: string;
  readonly seed: number;
  readonly chunk: number;
  readonly left: number;
  readonly writer: Writer;
  readonly duck: DuckReader;
}

interface ChunkResult {
  readonly batches: number;
  readonly messages: number;
  readonly rows: number;
  readonly nesting: Nesting;
  readonly longest: number;
  readonly rejects: readonly Reject[];
  readonly faults: string[];
  readonly request: object;
}

async function judge(
  checker: PythonChecker | undefined,
  made: ChunkResult,
  work: string,
  total: { rows: number; rejects: Record<string, number>; faults: string[] },
  where: string,
): Promise<void> {
  const verdict: Verdict | undefined = await checker?.check(made.request);
  total.rows += made.rows;
  for (const { code } of made.rejects) total.rejects[code] = (total.rejects[code] ?? 0) + 1;
  for (const fault of verdict?.faults ?? []) total.faults.push(`${where}: ${fault}`);
  if (verdict !== undefined && (verdict.rows !== made.rows || verdict.messages !== made.messages))
    total.faults.push(
      `${where}: ${verdict.rows} of ${made.rows} rows, ${verdict.messages} of ${made.messages} messages`,
    );
  await rm(work, { recursive: true, force: true });
}

async function runChunk({ work, seed, chunk, left, writer, duck }: Chunk): Promise<ChunkResult> {
  const random = new Random(Random.seedOf(seed, chunk));
  const nesting = NESTINGS[chunk % NESTINGS.length] as Nesting;
  const groups = plan(random, chunk, left);
  // Unknown types, so that only the message itself can be at fault.
  const strict = new Set(groups.filter(({ huge }) => !random.chance(4) || huge).map(({ type }) => type));
  const lines = shuffled(random, groups);
  const stageDir = path.join(work, 'stage');
  await mkdir(stageDir, { recursive: true });
  await mkdir(path.join(work, 'base'));
  const source = path.join(work, 'in.ndjson');
  const end = random.chance(4) ? '\r\n' : '\n';
  await writeFile(source, Buffer.concat(lines.flatMap(({ bytes }) => [bytes, Buffer.from(end)])));
  const schemas = await bases(work, groups, strict, nesting);
  const opened = await openNdjsonSource(source, { schemas, nesting });
  const index = await opened.prepare({ range: RANGE, workDir: work });
  // Some of the known types keep the schema that they have, as under the contract `reject_row`.
  const frozen = new Map([...schemas].filter(() => random.chance(2)));
  const datasets = index.datasets.map((entry) => ({
    ...entry,
    schema: frozen.get(entry.dataset) ?? entry.schema,
  }));
  const manifest = await opened.pull({
    stageId: 'fuzz',
    range: RANGE,
    datasets,
    index: JSON.parse(JSON.stringify(index)) as typeof index,
    stageDir,
    spoolDir: work,
  });
  const faults: string[] = [];
  const rejectFiles = index.unusable > 0 ? [path.join(work, 'rejects.ndjson')] : [];
  for (const staged of manifest.datasets) {
    const seen = datasets.find(({ dataset }) => dataset === staged.dataset)?.messages;
    if (staged.messages !== seen || staged.messages !== staged.rows + staged.rejected)
      faults.push(`${staged.dataset}: ${staged.messages} pulled, ${String(seen)} indexed`);
    if (staged.rejected > 0) rejectFiles.push(path.join(stageDir, `${staged.dataset}.rejects.ndjson`));
  }
  const rejects = (await Promise.all(rejectFiles.map(readRejects))).flat();
  const refused = new Set(
    rejects.map(({ position }) => Number(position.slice(position.lastIndexOf(':') + 1))),
  );
  const accepted = acceptedLines(lines, refused, schemas);
  const described = [];
  for (const staged of manifest.datasets) {
    const table = datasets.find(({ dataset }) => dataset === staged.dataset)?.schema as TableSchema;
    const schema: RegisteredSchema = {
      subject: staged.dataset,
      version: 1,
      fingerprint: '0'.repeat(64),
      schema: table,
    };
    const written = await writer.writeDataset({
      rowsFile: path.join(stageDir, partName(staged.dataset, 0)),
      staged,
      range: RANGE,
      schema,
      settings: { compression: 'snappy', layout: { kind: 'ledger_range', width: MAX_LEDGER } },
      outDir: path.join(work, 'out', staged.dataset),
    });
    await verifyDataset({ files: written, staged, schema, range: RANGE, codec: 'snappy', level: 'full' });
    const files = written.map((file) => file.path);
    const found = await duck.faults(table, files, accepted.get(staged.dataset) ?? []);
    faults.push(...found.slice(0, 5).map((fault) => `${staged.dataset}: ${fault}`));
    described.push({ dataset: staged.dataset, schema: table, files, strict: strict.has(staged.dataset) });
  }
  const clean = lines.flatMap(({ clean: fine }, at) => (fine ? [at + 1] : []));
  return {
    batches: groups.reduce((sum, group) => sum + group.batches, 0),
    messages: lines.filter(({ bytes }) => !/^[ \t\r]*$/.test(bytes.toString('latin1'))).length,
    rows: manifest.datasets.reduce((sum, { rows }) => sum + rows, 0),
    nesting,
    longest: Math.max(0, ...[...accepted.values()].flat().map(({ length }) => length)),
    rejects,
    faults,
    request: { source, rejects: rejectFiles, datasets: described, clean },
  };
}

function plan(random: Random, chunk: number, left: number): Batches[] {
  const groups: Batches[] = [];
  const { types, batches: most } = chunk < SMALL.chunks ? SMALL : { types: TYPES, batches: BATCHES };
  for (let type = 0; type < types && left > 0; type += 1) {
    const batches = Math.min(left, random.chance(4) ? 1 : most);
    left -= batches;
    const huge = chunk % 100 === 0 && type === 0;
    groups.push(generate(random.word(), `f${type}x`, batches, huge));
  }
  return groups;
}

/** The lines of all types as one source, mixed, ledgers out of order now and then. */
function shuffled(random: Random, groups: readonly Batches[]): Batches['lines'][number][] {
  const lines = groups.flatMap((group) => group.lines).filter(({ bytes }) => !bytes.includes(10));
  if (random.chance(3)) return lines;
  for (let at = lines.length - 1; at > 0; at -= 1) {
    const other = random.below(at + 1);
    [lines[at], lines[other]] = [lines[other] as (typeof lines)[0], lines[at] as (typeof lines)[0]];
  }
  return lines;
}

/** Schemas registered before the run, for the types that are not strict: inferred over a third of their messages. */
async function bases(
  work: string,
  groups: readonly Batches[],
  strict: ReadonlySet<string>,
  nesting: Nesting,
): Promise<Map<string, TableSchema>> {
  const lines = groups
    .filter(({ type }) => !strict.has(type))
    .flatMap((group) => group.lines.slice(0, Math.ceil(group.lines.length / 3)).filter(({ clean }) => clean));
  const wanted = new Set(groups.flatMap(({ type }) => (strict.has(type) ? [] : [type])));
  const source = path.join(work, 'base.ndjson');
  await writeFile(source, lines.map(({ bytes }) => `${bytes.toString()}\n`).join(''));
  const opened = await openNdjsonSource(source, { schemas: new Map(), nesting });
  const { datasets } = await opened.prepare({ range: RANGE, workDir: path.join(work, 'base') });
  return new Map(datasets.flatMap(({ dataset, schema }) => (wanted.has(dataset) ? [[dataset, schema]] : [])));
}

async function readRejects(file: string): Promise<Reject[]> {
  const text = await readFile(file, 'utf8');
  return text
    .split('\n')
    .slice(0, -1)
    .map((text) => {
      const line = JSON.parse(text) as RejectLine;
      // The oracle judges each reject by its line, so it needs all of them whole.
      if ('count' in line) throw new Error(`${file} has counted rejects: the chunk is too large.`);
      return line;
    });
}

/** The lines that are no rejects by type, in ledger order: the rows there have to be. */
function acceptedLines(
  lines: readonly { readonly bytes: Buffer }[],
  refused: ReadonlySet<number>,
  schemas: ReadonlyMap<string, TableSchema>,
): Map<string, Buffer[]> {
  const scanner = new JsonScanner();
  const reader = new MessageReader({ columns: schemas });
  const found = new Map<string, { ledger: number; bytes: Buffer }[]>();
  lines.forEach(({ bytes }, at) => {
    if (refused.has(at + 1) || /^[ \t\r]*$/.test(bytes.toString('latin1'))) return;
    if (!scanner.scan(bytes, 0, bytes.length) || reader.readType(scanner.tape) !== undefined) return;
    reader.readLedger(scanner.tape);
    const rows = found.get(reader.dataset) ?? [];
    rows.push({ ledger: reader.ledger, bytes });
    found.set(reader.dataset, rows);
  });
  return new Map(
    [...found].map(([type, rows]) => [
      type,
      rows.sort((a, b) => a.ledger - b.ledger).map(({ bytes }) => bytes),
    ]),
  );
}

import { type FileHandle, open, rm } from 'node:fs/promises';
import { ParquetryError, type StageManifest, systemErrorCode } from '@parquetry/core';
import { JsonScanner } from '@parquetry/schema';
import { checkMessage, MessageReader } from '../message';
import type { PullRequest } from '../source';
import { DatasetStage } from '../stage/dataset';
import { writeManifest } from '../stage/manifest';
import { type Block, blockHash, type NdjsonIndex, unpackBlock } from './blocks';
import type { SourceFile } from './files';
import { isBlank, lineTextEnd, markLength, MAX_LINE } from './lines';
import { messageOptions, type NdjsonOptions } from './options';
import { rejectOf } from './reject';
import { RowEncoder } from './row';
import { ensureSpool } from './spool';

/** Neighbouring blocks are read together up to this many bytes. */
const READ_SIZE = 4 << 20;

interface Target {
  readonly stage: DatasetStage;
  readonly encoder: RowEncoder;
}

/** Stages a range from the blocks that have its ledgers. */
export class Puller {
  private readonly scanner = new JsonScanner();
  private readonly reader: MessageReader;
  private readonly targets: ReadonlyMap<string, Target>;
  private readonly index: NdjsonIndex;
  private bytesRead = 0;
  private rows = 0;
  private buffer = Buffer.alloc(0);
  // messages whose bytes lie side by side are hashed together
  private hashed: DatasetStage | undefined;
  private hashedLedger = 0;
  private hashStart = 0;
  private hashEnd = 0;

  constructor(
    options: NdjsonOptions,
    private readonly request: PullRequest,
  ) {
    const schemas = new Map(request.datasets.map(({ dataset, schema }) => [dataset, schema]));
    this.reader = new MessageReader(messageOptions(options, schemas));
    this.index = request.index.data as NdjsonIndex;
    this.targets = new Map(
      request.datasets.map(({ dataset, schema }) => [
        dataset,
        { stage: new DatasetStage(request.stageDir, schema, dataset), encoder: new RowEncoder(schema) },
      ]),
    );
  }

  /** Runs the pull; the manifest is written last. */
  async run(): Promise<StageManifest> {
    const { stageId, range, stageDir } = this.request;
    for (const [index, file] of this.index.files.entries()) await this.file(file, this.blocksOf(index));
    const datasets = [];
    for (const { stage } of this.targets.values()) datasets.push(await stage.finish());
    const manifest: StageManifest = {
      stageId,
      range,
      datasets,
      bytesRead: this.bytesRead,
      proof: { kind: 'declared' },
    };
    await writeManifest(stageDir, manifest);
    return manifest;
  }

  private blocksOf(file: number): Block[] {
    const { range } = this.request;
    const wanted = new Set(
      this.index.datasets.flatMap((name, index) => (this.targets.has(name) ? [index] : [])),
    );
    return this.index.blocks
      .filter(
        (block) =>
          block[0] === file &&
          block[4] <= range.end &&
          block[5] >= range.start &&
          block[6].some((dataset) => wanted.has(dataset)),
      )
      .map(unpackBlock);
  }

  private async file(file: SourceFile, blocks: readonly Block[]): Promise<void> {
    if (blocks.length === 0) return;
    const { spoolDir, signal, onProgress } = this.request;
    let name = file.path;
    const packed = file.packing !== 'none';
    if (packed) {
      const spooled = await ensureSpool(file, spoolDir, signal);
      this.bytesRead += spooled.bytesRead;
      name = spooled.path;
    }
    const handle = await openSource(file, name);
    try {
      for (const group of groupBlocks(blocks)) {
        signal?.throwIfAborted();
        const bytes = await this.read(handle, group, file);
        if (!packed) this.bytesRead += bytes.length;
        const start = (group[0] as Block).start;
        for (const block of group) {
          const part = bytes.subarray(block.start - start, block.start - start + block.length);
          if (blockHash(part) !== block.hash) {
            // A copy of the changed file must not stay under the old one's name.
            if (packed) await rm(name, { force: true });
            throw changed(file);
          }
          this.block(file, block, part);
          for (const { stage } of this.targets.values()) await stage.drain();
        }
        onProgress?.({ bytesRead: this.bytesRead, rows: this.rows, ledger: this.reader.ledger });
      }
    } finally {
      await handle.close();
    }
  }

  private async read(handle: FileHandle, group: readonly Block[], file: SourceFile): Promise<Buffer> {
    const start = (group[0] as Block).start;
    const last = group.at(-1) as Block;
    const size = last.start + last.length - start;
    if (this.buffer.length < size) this.buffer = Buffer.allocUnsafe(Math.max(size, READ_SIZE));
    for (let have = 0; have < size;) {
      const { bytesRead } = await handle.read(this.buffer, have, size - have, start + have);
      if (bytesRead === 0) throw changed(file);
      have += bytesRead;
    }
    return this.buffer.subarray(0, size);
  }

  private block(file: SourceFile, block: Block, bytes: Buffer): void {
    let { line } = block;
    for (let at = 0; at < bytes.length; line += 1) {
      const newline = bytes.indexOf(10, at);
      const end = newline < 0 ? bytes.length : newline;
      const start = block.start === 0 && at === 0 ? markLength(bytes) : at;
      this.message(file, line, bytes, start, lineTextEnd(bytes, start, end));
      at = newline < 0 ? end : newline + 1;
    }
    this.flushHash(bytes);
  }

  /** Messages that no partition can have are in the run's rejects since the index pass. */
  private message(file: SourceFile, line: number, bytes: Buffer, start: number, end: number): void {
    const { scanner, reader } = this;
    const { tape } = scanner;
    if (isBlank(bytes, start, end) || end - start > MAX_LINE || !scanner.scan(bytes, start, end)) return;
    if (reader.readType(tape) !== undefined) return;
    const target = this.targets.get(reader.dataset);
    if (target === undefined || reader.readLedger(tape) !== undefined) return;
    const { ledger, dataset } = reader;
    const { range } = this.request;
    if (ledger < range.start || ledger > range.end) return;
    const { stage, encoder } = target;
    this.hash(stage, ledger, bytes, start, end);
    const fault = checkMessage(reader, tape) ?? encoder.encode(tape, reader);
    if (fault === undefined) {
      stage.appendRow(ledger, Number(reader.time.unixMicros()), encoder.bytes);
      encoder.count(stage);
      this.rows += 1;
    } else {
      const raw = bytes.subarray(start, end);
      stage.reject(ledger, rejectOf(fault, `${file.name}:${line}`, raw, { dataset, ledger }));
    }
  }

  private hash(stage: DatasetStage, ledger: number, bytes: Buffer, start: number, end: number): void {
    if (stage !== this.hashed || ledger !== this.hashedLedger || start !== this.hashEnd + 1) {
      this.flushHash(bytes);
      this.hashed = stage;
      this.hashedLedger = ledger;
      this.hashStart = start;
    }
    this.hashEnd = end;
  }

  private flushHash(bytes: Buffer): void {
    this.hashed?.hashSource(this.hashedLedger, bytes.subarray(this.hashStart, this.hashEnd));
    this.hashed = undefined;
  }
}

async function openSource(file: SourceFile, name: string): Promise<FileHandle> {
  try {
    return await open(name, 'r');
  } catch (cause) {
    if (systemErrorCode(cause) !== 'ENOENT') throw cause;
    throw new ParquetryError('SOURCE_NOT_FOUND', `${file.name} is gone.`, {
      details: { file: file.name },
      cause,
    });
  }
}

function changed(file: SourceFile): ParquetryError {
  return new ParquetryError('SOURCE_CHANGED', `${file.name} is not what it was when the run began.`, {
    details: { file: file.name },
    hint: 'Start a new run: it reads the file again from the start.',
  });
}

function* groupBlocks(blocks: readonly Block[]): Generator<Block[]> {
  let group: Block[] = [];
  let size = 0;
  for (const block of blocks) {
    const last = group.at(-1);
    if (last !== undefined && (last.start + last.length !== block.start || size + block.length > READ_SIZE)) {
      yield group;
      group = [];
      size = 0;
    }
    group.push(block);
    size += block.length;
  }
  if (group.length > 0) yield group;
}

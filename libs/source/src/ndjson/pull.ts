import { isUtf8 } from 'node:buffer';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { ParquetryError, type StageManifest, systemErrorCode } from '@parquetry/core';
import { ShapeTable } from '@parquetry/schema';
import { checkMessage, type MessageFault, MessageReader } from '../message';
import type { PullRequest } from '../source';
import { DatasetStage } from '../stage/dataset';
import { writeManifest } from '../stage/manifest';
import { PlainParts } from '../stage/plain/parts';
import { memoryShares } from '../stage/plain/pool';
import { type Block, blockHasher, type NdjsonIndex, unpackBlock } from './blocks';
import { LineClassifier } from './classify';
import { sourceChanged } from './files/files';
import type { SourceFile } from './files/sourcefile';
import { INPUT_BYTES } from './kernel/kernel';
import { CROWDED, FULL, PLACE, UNKNOWN } from './kernel/layout';
import { RowKernel } from './kernel/rows';
import { pullShape, type PullPlan } from './knownshapes';
import { isBlank, lineAt, MAX_LINE, readFully } from './files/lines';
import { messageOptions, type NdjsonOptions } from './options';
import { rejectOf } from './reject';
import { RowEncoder } from './row/row';
import { ensureSpool } from './files/spool';

/** Adjacent blocks are read together up to this size, which is the kernel's input size. */
const READ_SIZE = INPUT_BYTES;

interface Target {
  readonly stage: DatasetStage;
  readonly encoder: RowEncoder;
  readonly parts: PlainParts;
  /** Its index in the pull's datasets. */
  readonly dataset: number;
  /** Messages in the range so far. */
  messages: number;
}

/** Stages a range from the blocks that contain its ledgers. */
export class Puller {
  private readonly shapes = new ShapeTable<PullPlan<Target> | undefined>();
  private readonly reader: MessageReader;
  private readonly lines: LineClassifier;
  private readonly targets: ReadonlyMap<string, Target>;
  private readonly inOrder: readonly Target[];
  private readonly kernel: RowKernel<Target>;
  private readonly index: NdjsonIndex;
  private bytesRead = 0;
  private rows = 0;
  /** The lowest ledger of the n-th and all later blocks. */
  private ahead: readonly number[] = [];
  private blocksDone = 0;
  private buffer: Buffer;
  // adjacent messages are hashed in one call
  private hashed: DatasetStage | undefined;
  private hashedLedger = 0;
  private hashStart = 0;
  private hashEnd = 0;

  constructor(
    private readonly options: NdjsonOptions,
    private readonly request: PullRequest,
  ) {
    const schemas = new Map(request.datasets.map(({ dataset, schema }) => [dataset, schema]));
    this.reader = new MessageReader(messageOptions(options, schemas));
    this.index = request.index.data as NdjsonIndex;
    const { spareDir } = request;
    const shares = memoryShares(request.datasets);
    const made = request.datasets.map(({ dataset, schema }) => {
      const parts = new PlainParts(request.stageDir, dataset, schema, { ...shares, spareDir });
      return {
        dataset,
        schema,
        parts,
        stage: new DatasetStage(request.stageDir, schema, dataset, parts, request),
      };
    });
    this.kernel = new RowKernel(
      this.shapes,
      made.map(({ schema, parts, stage }) => ({ schema, parts, counters: stage.columns })),
      request.range,
    );
    this.buffer = this.kernel.input;
    this.inOrder = made.map(({ schema, parts, stage }, index) => ({
      stage,
      parts,
      encoder: new RowEncoder(schema, options.leaveOut, parts.columns),
      dataset: index,
      messages: 0,
    }));
    this.targets = new Map(made.map(({ dataset }, index) => [dataset, this.inOrder[index] as Target]));
    this.lines = new LineClassifier(this.reader, (dataset) => this.targets.has(dataset));
  }

  /** Runs the pull; writes the manifest last. */
  async run(): Promise<StageManifest> {
    const { stageId, range, stageDir } = this.request;
    try {
      await this.files();
    } finally {
      this.kernel.close();
    }
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

  private async files(): Promise<void> {
    const blocks = this.index.files.map((_, index) => this.blocksOf(index));
    this.ahead = leastAhead(blocks.flat());
    for (const [index, file] of this.index.files.entries()) await this.file(file, blocks[index] as Block[]);
    this.kernel.flush();
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
    this.options.assertFile?.(file.path);
    const { spoolDir, signal, onProgress } = this.request;
    let name = file.path;
    const packed = file.packing !== 'none';
    if (packed) {
      const spooled = await ensureSpool(file, spoolDir, signal);
      this.bytesRead += spooled.bytesRead;
      name = spooled.path;
    }
    const hashOf = await blockHasher();
    const handle = await openSource(file, name);
    try {
      for (const group of groupBlocks(blocks)) {
        signal?.throwIfAborted();
        const bytes = await this.read(handle, group, file);
        if (!packed) this.bytesRead += bytes.length;
        const start = (group[0] as Block).start;
        for (const block of group) {
          const part = bytes.subarray(block.start - start, block.start - start + block.length);
          if (hashOf(part) !== block.hash) {
            // Remove the copy of the changed file, which has the name of the old one.
            if (packed) await rm(name, { force: true });
            throw sourceChanged(file);
          }
          this.block(file, block, part);
          const least = this.ahead[(this.blocksDone += 1)] as number;
          for (const { stage } of this.inOrder) {
            stage.closeLedgersBelow(least);
            await stage.drain();
          }
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
    // Only a block of one long line is larger than the kernel's input size.
    const buffer = size <= this.kernel.input.length ? this.kernel.input : this.large(size);
    if (!(await readFully(handle, buffer, size, start))) throw sourceChanged(file);
    return buffer.subarray(0, size);
  }

  private large(size: number): Buffer {
    if (this.buffer.length < size) this.buffer = Buffer.allocUnsafe(size);
    return this.buffer;
  }

  private block(file: SourceFile, block: Block, bytes: Buffer): void {
    const before = [...this.targets.values()].map(({ messages }) => messages);
    const { kernel } = this;
    const fast = bytes.buffer === kernel.input.buffer && isUtf8(bytes);
    let line = block.line;
    for (let at = 0; at < bytes.length;) {
      if (fast && kernel.useful) {
        const taken = this.fast(bytes, at);
        line += taken.lines;
        at = taken.next;
        if (taken.done) continue;
      }
      const { start, end, next } = lineAt(bytes, at, block.start === 0 && at === 0);
      kernel.stepAside();
      this.message(file, line, bytes, start, end);
      line += 1;
      at = next;
    }
    this.flushHash(bytes);
    this.checkCounts(file, block, before);
  }

  /**
   * In = out + rejected, compared with an independent count: a block that is completely in the range must yield as many
   * messages of each dataset as the index pass counted.
   */
  private checkCounts(
    file: SourceFile,
    { datasets, ledgers, line, messages }: Block,
    before: readonly number[],
  ): void {
    if (messages === undefined || !this.inRange(ledgers.start) || !this.inRange(ledgers.end)) return;
    [...this.targets].forEach(([dataset, target], index) => {
      const at = datasets.indexOf(this.index.datasets.indexOf(dataset));
      const expected = at < 0 ? 0 : (messages[at] as number);
      const found = target.messages - (before[index] as number);
      if (found !== expected)
        throw new ParquetryError(
          'VERIFY_MISMATCH',
          `The pull found ${found} messages of ${dataset} in the block at line ${line} of ${file.name}; the index pass counted ${expected}.`,
          { details: { dataset, file: file.name, line, expected, found } },
        );
    });
  }

  /** Lets the kernel process lines from `at`; `done` is false if `message` must process the next line. */
  private fast(bytes: Buffer, at: number): { lines: number; next: number; done: boolean } {
    const { kernel, inOrder } = this;
    const offset = bytes.byteOffset - kernel.input.byteOffset;
    const run = kernel.take(offset + at, offset + bytes.length);
    const { status, lines, rows, ledger, micros, nextLedger, nextMicros } = run;
    const next = run.next - offset;
    const target = inOrder[run.dataset] as Target;
    if (rows > 0) {
      target.messages += rows;
      this.rows += rows;
      this.hash(target.stage, ledger, bytes, at, bytes[next - 1] === 10 ? next - 1 : next);
      target.stage.noteRows(ledger, micros, rows);
    }
    if (status === PLACE) {
      if (target.stage.placeFault(nextLedger, nextMicros) !== undefined) return { lines, next, done: false };
      kernel.approve(run.dataset, nextLedger, nextMicros);
    }
    // The kernel can't process a line that does not fit empty columns.
    const done = status === FULL || status === CROWDED ? kernel.flush() : status !== UNKNOWN;
    return { lines, next, done };
  }

  /** The index pass has rejected the messages that belong to no partition. */
  private message(file: SourceFile, line: number, bytes: Buffer, start: number, end: number): void {
    const { lines, reader, shapes } = this;
    const { tape } = lines;
    if (isBlank(bytes, start, end) || end - start > MAX_LINE) return;
    const known = shapes.match(bytes, start, end);
    this.kernel.learn(known !== undefined);
    if (known !== undefined && this.again(known.plan, bytes, start, end)) return;
    const kind = lines.classify(bytes, start, end);
    if (kind === 'otherType' && tape.duplicateKey < 0)
      shapes.learn(tape, start, end, pullShape(undefined, tape, reader, []));
    if (kind !== 'message') return;
    const { ledger, dataset } = reader;
    const target = this.targets.get(dataset) as Target;
    const inRange = this.inRange(ledger);
    if (!inRange && !shapes.open) return;
    const { stage, encoder } = target;
    if (inRange) {
      target.messages += 1;
      this.hash(stage, ledger, bytes, start, end);
    }
    let fault: MessageFault | undefined = checkMessage(reader, tape);
    const pairs = fault === undefined ? encoder.assign(tape, reader.inner) : undefined;
    if (pairs !== undefined) {
      const plan = { places: reader.places(), target, pairs };
      shapes.learn(tape, start, end, pullShape(plan, tape, reader, encoder.texts(pairs)));
    }
    if (!inRange) return;
    if (pairs !== undefined && encoder.write(tape, reader, pairs)) {
      fault = stage.placeFault(ledger, Number(reader.time.unixMicros()));
      if (fault === undefined) return this.staged(target);
    }
    fault ??= encoder.fault as MessageFault;
    const raw = bytes.subarray(start, end);
    stage.reject(ledger, rejectOf(fault, `${file.name}:${line}`, raw, { dataset, ledger }));
  }

  /** Processes a message of a known structure; false if the message must be read in full. */
  private again(plan: PullPlan<Target> | undefined, bytes: Buffer, start: number, end: number): boolean {
    if (plan === undefined) return true;
    const { places, target, pairs } = plan;
    const { reader } = this;
    const { tape } = this.shapes;
    if (!reader.recallLedger(tape, places)) return false;
    const { ledger } = reader;
    if (!this.inRange(ledger)) return true;
    if (!reader.recallCloseTime(tape, places) || !target.encoder.write(tape, reader, pairs)) return false;
    if (target.stage.placeFault(ledger, Number(reader.time.unixMicros())) !== undefined) return false;
    target.messages += 1;
    this.hash(target.stage, ledger, bytes, start, end);
    this.staged(target);
    return true;
  }

  private inRange(ledger: number): boolean {
    const { range } = this.request;
    return ledger >= range.start && ledger <= range.end;
  }

  /** Stages the encoder's row. */
  private staged({ stage, encoder, parts }: Target): void {
    const { reader } = this;
    encoder.keep(stage);
    parts.addRows(1);
    stage.noteRows(reader.ledger, Number(reader.time.unixMicros()));
    this.rows += 1;
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
    throw new ParquetryError('SOURCE_NOT_FOUND', `${file.name} no longer exists.`, {
      details: { file: file.name },
      cause,
    });
  }
}

/** For each block the lowest ledger of it and all later ones; infinity at the end. */
function leastAhead(blocks: readonly Block[]): number[] {
  const least = new Array<number>(blocks.length + 1).fill(Number.POSITIVE_INFINITY);
  for (let index = blocks.length - 1; index >= 0; index -= 1)
    least[index] = Math.min((blocks[index] as Block).ledgers.start, least[index + 1] as number);
  return least;
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

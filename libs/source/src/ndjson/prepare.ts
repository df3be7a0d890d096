import { isUtf8 } from 'node:buffer';
import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { ParquetryError } from '@parquetry/core';
import { inferSchema, ShapeTable, tooManyKeys } from '@parquetry/schema';
import { checkMessage, type MessageFault, MessageReader, observeMessage } from '../message';
import type { PrepareRequest, SourceDataset, SourceIndex } from '../source';
import { RejectFile } from '../stage/rejectfile';
import { blockHasher, blockSize, type NdjsonIndex, packBlock, unpackBlock, type PackedBlock } from './blocks';
import { LineClassifier } from './classify';
import { caseClashes, caseFault } from './clash';
import { type DatasetEntry, DatasetTable } from './datasets';
import { listFiles, sourceChanged } from './files/files';
import type { SourceFile } from './files/sourcefile';
import { CountKernel } from './kernel/counts';
import { UNKNOWN } from './kernel/layout';
import { indexShape, type IndexPlan } from './knownshapes';
import {
  type BlockLine,
  blockLines,
  isBlank,
  lineAt,
  MAX_LINE,
  readBatches,
  readFully,
  TOO_LONG,
} from './files/lines';
import { beginning, type LongLine, longLine } from './files/long';
import { messageOptions, type NdjsonOptions } from './options';
import { rejectOf } from './reject';
import { ensureSpool } from './files/spool';
import { isAnswer } from '../processor';

/** Maximum bytes of responses to keep for the pulls; the others are requested again. */
const MAX_COPIES = 4 * 2 ** 30;

/** The pass over all files: finds blocks and their ledgers, counts, evidence of every value, and unusable messages. */
export class Indexer {
  private readonly shapes = new ShapeTable<IndexPlan>();
  private readonly kernel: CountKernel;
  private readonly reader: MessageReader;
  private readonly lines: LineClassifier;
  private readonly datasets: DatasetTable;
  private readonly blocks: PackedBlock[] = [];
  private readonly rejects: RejectFile;
  private readonly hasher = blockHasher();
  /** Types that are refused because they differ from another one only in case, with the type that is kept. */
  private clashes: ReadonlyMap<string, string> = new Map();
  private filtered = 0;
  private bytesRead = 0;
  private messages = 0;
  /** Bytes of responses that are kept for the pulls. */
  private copied = 0;
  // the current block
  private first = 0;
  private last = 0;
  private readonly members = new Map<number, number>();

  constructor(
    private readonly spec: string,
    private readonly options: NdjsonOptions,
    private readonly request: PrepareRequest,
  ) {
    this.reader = new MessageReader(messageOptions(options, options.schemas));
    this.datasets = new DatasetTable(request.types, options.schemas, options.leaveOut);
    this.lines = new LineClassifier(this.reader, (dataset) => this.datasets.wants(dataset));
    this.rejects = new RejectFile(path.join(request.workDir, 'rejects.ndjson'));
    this.kernel = new CountKernel(this.shapes, request.range);
  }

  /** Runs the pass. */
  async run(): Promise<SourceIndex> {
    await rm(this.rejects.path, { force: true });
    const files = await listFiles(this.spec, this.options.assertFile);
    try {
      for (const [index, file] of files.entries()) await this.file(index, file);
      this.kernel.flush();
      await this.refuseClashes(files);
    } finally {
      this.kernel.close();
      await this.rejects.close();
    }
    const names = this.datasets.names;
    const data: NdjsonIndex = { files, datasets: names, blocks: this.blocks };
    return {
      kind: 'ndjson',
      datasets: this.resolve(),
      unusable: this.rejects.count,
      filtered: this.filtered,
      bytesRead: this.bytesRead,
      data,
    };
  }

  private resolve(): SourceDataset[] {
    const { schemas, nesting } = this.options;
    for (const type of this.request.types ?? [])
      if (!this.datasets.has(type)) {
        if (!schemas.has(type))
          throw new ParquetryError('MESSAGE_TYPE_UNKNOWN', `The source has no messages of type ${type}.`, {
            hint: 'A run without --types lists its types.',
          });
        this.datasets.indexOf(type);
      }
    const kept = this.datasets.all().filter(({ name }) => !this.clashes.has(name));
    return kept.map(({ name, messages, evidence, tooWide }) => {
      if (tooWide !== undefined) throw tooManyKeys(name, tooWide);
      return { dataset: name, messages, schema: inferSchema(name, evidence, schemas.get(name), nesting) };
    });
  }

  /** Rejects the messages of refused types, which are known only after all files were read. */
  private async refuseClashes(files: readonly SourceFile[]): Promise<void> {
    const { names } = this.datasets;
    this.clashes = caseClashes(names, this.options.schemas.keys());
    if (this.clashes.size === 0) return;
    const numbers = new Set([...this.clashes.keys()].map((name) => names.indexOf(name)));
    for (const [index, file] of files.entries()) {
      const blocks = this.blocks
        .filter((block) => block[0] === index && block[6].some((dataset) => numbers.has(dataset)))
        .map(unpackBlock);
      if (blocks.length === 0) continue;
      const handle = await open(await this.content(file), 'r');
      try {
        for (const block of blocks) {
          const bytes = Buffer.allocUnsafe(block.length);
          if (!(await readFully(handle, bytes, block.length, block.start))) throw sourceChanged(file);
          for (const line of blockLines(block, bytes)) this.refuseClash(file, bytes, line);
          await this.rejects.drain();
        }
      } finally {
        await handle.close();
      }
    }
  }

  private refuseClash(file: SourceFile, bytes: Buffer, { line, start, end }: BlockLine): void {
    const { reader } = this;
    if (this.lines.classify(bytes, start, end) !== 'message' || !this.inRange(reader.ledger)) return;
    const kept = this.clashes.get(reader.dataset);
    if (kept === undefined) return;
    this.reject(caseFault(reader.dataset, kept), file, line, bytes.subarray(start, end), reader.dataset);
  }

  /** Path of an uncompressed file: the file itself, or its decompressed copy. */
  private async content(file: SourceFile): Promise<string> {
    if (file.packing === 'none') return file.path;
    const spooled = await ensureSpool(file, this.request.workDir, this.request.signal);
    this.bytesRead += spooled.bytesRead;
    return spooled.path;
  }

  private async file(index: number, file: SourceFile): Promise<void> {
    const { signal, onProgress } = this.request;
    const handle = await open(await this.content(file), 'r');
    try {
      const { size } = await handle.stat();
      const target = blockSize(size);
      let line = 1;
      for await (const batch of readBatches(handle)) {
        signal?.throwIfAborted();
        if (batch.tooLong !== undefined) {
          this.refuseLong(file, line, batch.bytes, batch.tooLong);
          line += 1;
          continue;
        }
        line = await this.batch(index, file, batch.bytes, batch.start, line, target);
        onProgress?.({
          bytesRead: this.bytesRead + (file.packing === 'none' ? batch.start + batch.bytes.length : 0),
          rows: this.messages,
        });
      }
      if (file.packing === 'none') this.bytesRead += size;
      if (isAnswer(file) && (this.copied += size) > MAX_COPIES)
        await rm(path.join(this.request.workDir, file.spool as string), { force: true });
    } finally {
      await handle.close();
    }
  }

  private async batch(
    index: number,
    file: SourceFile,
    bytes: Buffer,
    offset: number,
    firstLine: number,
    target: number,
  ): Promise<number> {
    const hashOf = await this.hasher;
    let line = firstLine;
    for (let from = 0; from < bytes.length;) {
      const newline = bytes.indexOf(10, from + target - 1);
      const to = newline < 0 ? bytes.length : newline + 1;
      const block = bytes.subarray(from, to);
      const after = this.block(file, block, offset + from, line);
      if (this.members.size > 0) {
        const members = [...this.members].sort(([a], [b]) => a - b);
        this.blocks.push(
          packBlock({
            file: index,
            start: offset + from,
            length: block.length,
            line,
            ledgers: { start: this.first, end: this.last },
            datasets: members.map(([dataset]) => dataset),
            hash: hashOf(block),
            messages: members.map(([, messages]) => messages),
          }),
        );
      }
      this.members.clear();
      from = to;
      line = after;
    }
    this.datasets.checkSize();
    await this.rejects.drain();
    return line;
  }

  /** Indexes a block's lines; returns the number of the line after it. `offset`: the block's offset in the file. */
  private block(file: SourceFile, bytes: Buffer, offset: number, firstLine: number): number {
    const { kernel } = this;
    let line = firstLine;
    let loaded = false;
    for (let at = 0; at < bytes.length;) {
      if (!loaded && kernel.useful && bytes.length <= kernel.input.length && isUtf8(bytes)) {
        kernel.input.set(bytes);
        loaded = true;
      }
      if (loaded && kernel.useful) {
        const run = kernel.take(at, bytes.length);
        this.messages += run.lines;
        this.filtered += run.lines - run.rows;
        line += run.lines;
        at = run.next;
        if (run.status !== UNKNOWN) continue;
      }
      const { start, end, next } = lineAt(bytes, at, offset === 0 && at === 0);
      kernel.stepAside();
      this.message(file, line, bytes, start, end, offset);
      at = next;
      line += 1;
    }
    for (const { dataset, rows, first, last } of kernel.takeCounts())
      this.count(dataset, this.datasets.at(dataset), rows, first, last);
    return line;
  }

  private message(
    file: SourceFile,
    line: number,
    bytes: Buffer,
    start: number,
    end: number,
    offset: number,
  ): void {
    const tooLong = end - start > MAX_LINE;
    if (!tooLong && isBlank(bytes, start, end)) return;
    this.messages += 1;
    const { lines, reader, shapes } = this;
    const { tape } = lines;
    const known = tooLong ? undefined : shapes.match(bytes, start, end);
    this.kernel.learn(known !== undefined);
    if (known !== undefined && this.again(known.plan)) return;
    const kind = lines.classify(bytes, start, end);
    if (kind === 'unusable') return this.refuse(file, line, bytes, start, end, offset);
    if (kind === 'otherType') {
      this.filtered += 1;
      if (tape.duplicateKey < 0) shapes.learn(tape, start, end, indexShape(tape, reader));
      return;
    }
    if (!this.inRange(reader.ledger)) {
      this.filtered += 1;
      if (shapes.open && checkMessage(reader, tape) === undefined)
        shapes.learn(tape, start, end, indexShape(tape, reader, reader.places()));
      return;
    }
    const number = this.datasets.indexOf(reader.dataset);
    const entry = this.datasets.at(number);
    this.count(number, entry, 1, reader.ledger, reader.ledger);
    // Messages that the pull rejects under any schema must not affect the schema.
    if (checkMessage(reader, tape) !== undefined) return;
    const observed = observeMessage(entry.evidence, tape, reader, entry.settled);
    if (entry.evidence.isOpen) entry.tooWide ??= `${file.name}:${line}`;
    if (shapes.open)
      shapes.learn(tape, start, end, indexShape(tape, reader, reader.places(), { number, entry, observed }));
  }

  /** Indexes a message of a known structure; false if the message must be read in full. */
  private again({ places, seen }: IndexPlan): boolean {
    const { reader } = this;
    const { tape } = this.shapes;
    if (places === undefined) {
      this.filtered += 1;
      return true;
    }
    if (!reader.recallLedger(tape, places)) return false;
    if (!this.inRange(reader.ledger)) {
      this.filtered += 1;
      return true;
    }
    if (seen === undefined || !reader.recallCloseTime(tape, places)) return false;
    this.count(seen.number, seen.entry, 1, reader.ledger, reader.ledger);
    for (const { evidence, node } of seen.observed) evidence.observe(tape, node);
    return true;
  }

  private inRange(ledger: number): boolean {
    const { range } = this.request;
    return ledger >= range.start && ledger <= range.end;
  }

  /** Counts messages of ledgers from `first` to `last`, and adds them to the current block. */
  private count(number: number, entry: DatasetEntry, messages: number, first: number, last: number): void {
    if (this.members.size === 0) {
      this.first = first;
      this.last = last;
    } else {
      if (first < this.first) this.first = first;
      if (last > this.last) this.last = last;
    }
    this.members.set(number, (this.members.get(number) ?? 0) + messages);
    entry.messages += messages;
  }

  private refuse(
    file: SourceFile,
    line: number,
    bytes: Buffer,
    start: number,
    end: number,
    offset: number,
  ): void {
    const { fault, dataset } = this.lines;
    if (fault === TOO_LONG)
      this.refuseLong(file, line, beginning(bytes, start), longLine(bytes, start, end, offset));
    else this.reject(fault, file, line, bytes.subarray(start, end), dataset);
  }

  private refuseLong(file: SourceFile, line: number, raw: Uint8Array, long: LongLine): void {
    this.rejects.append(rejectOf(TOO_LONG, `${file.name}:${line}`, raw, long));
  }

  private reject(
    fault: MessageFault,
    file: SourceFile,
    line: number,
    raw: Uint8Array,
    dataset: string | undefined,
  ): void {
    this.rejects.append(rejectOf(fault, `${file.name}:${line}`, raw, { dataset }));
  }
}

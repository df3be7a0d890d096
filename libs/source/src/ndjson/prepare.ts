import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { ParquetryError } from '@parquetry/core';
import { inferSchema, JsonScanner } from '@parquetry/schema';
import { checkMessage, type MessageFault, MessageReader, observeMessage } from '../message';
import type { PrepareRequest, SourceDataset, SourceIndex } from '../source';
import { LineFile } from '../stage/lines';
import { blockHash, blockSize, type NdjsonIndex, packBlock, type PackedBlock } from './blocks';
import { DatasetTable } from './datasets';
import { listFiles, type SourceFile } from './files';
import { isBlank, lineTextEnd, markLength, MAX_LINE, readBatches } from './lines';
import { messageOptions, type NdjsonOptions } from './options';
import { rejectOf } from './reject';
import { ensureSpool } from './spool';

const TOO_LONG: MessageFault = {
  code: 'LINE_TOO_LONG',
  reason: `The line is longer than ${MAX_LINE} bytes; its beginning is kept.`,
};
const PREFIX = 4_096;

/** The one pass over all files: blocks with their ledgers, counts, evidence of every value, unusable messages. */
export class Indexer {
  private readonly scanner = new JsonScanner();
  private readonly reader: MessageReader;
  private readonly datasets: DatasetTable;
  private readonly blocks: PackedBlock[] = [];
  private readonly rejects: LineFile;
  private unusable = 0;
  private filtered = 0;
  private bytesRead = 0;
  private messages = 0;
  // the block under way
  private first = 0;
  private last = 0;
  private members = new Set<number>();

  constructor(
    private readonly spec: string,
    private readonly options: NdjsonOptions,
    private readonly request: PrepareRequest,
  ) {
    this.reader = new MessageReader(messageOptions(options, options.schemas));
    this.datasets = new DatasetTable(request.types);
    this.rejects = new LineFile(path.join(request.workDir, 'rejects.ndjson'));
  }

  /** Runs the pass. */
  async run(): Promise<SourceIndex> {
    await rm(this.rejects.path, { force: true });
    const files = await listFiles(this.spec);
    try {
      for (const [index, file] of files.entries()) await this.file(index, file);
    } finally {
      if (this.unusable > 0) await this.rejects.close();
    }
    const names = this.datasets.names;
    const data: NdjsonIndex = { files, datasets: names, blocks: this.blocks };
    return {
      kind: 'ndjson',
      datasets: this.resolve(),
      unusable: this.unusable,
      filtered: this.filtered,
      bytesRead: this.bytesRead,
      data,
    };
  }

  private resolve(): SourceDataset[] {
    const { schemas } = this.options;
    for (const type of this.request.types ?? [])
      if (!this.datasets.has(type)) {
        if (!schemas.has(type))
          throw new ParquetryError('MESSAGE_TYPE_UNKNOWN', `The source has no messages of type ${type}.`, {
            hint: 'The types it has are listed by a run without --types.',
          });
        this.datasets.indexOf(type);
      }
    return this.datasets.all().map(({ name, messages, evidence }) => ({
      dataset: name,
      messages,
      schema: inferSchema(name, evidence, schemas.get(name)),
    }));
  }

  private async file(index: number, file: SourceFile): Promise<void> {
    const { workDir, signal, onProgress } = this.request;
    let name = file.path;
    if (file.packing !== 'none') {
      const spooled = await ensureSpool(file, workDir, signal);
      this.bytesRead += spooled.bytesRead;
      name = spooled.path;
    }
    const handle = await open(name, 'r');
    try {
      const { size } = await handle.stat();
      const target = blockSize(size);
      let line = 1;
      for await (const batch of readBatches(handle)) {
        signal?.throwIfAborted();
        if (batch.tooLong === true) {
          this.reject(TOO_LONG, file, line, batch.bytes);
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
    let line = firstLine;
    let blockStart = 0;
    let blockLine = line;
    for (let at = 0; at < bytes.length;) {
      const newline = bytes.indexOf(10, at);
      const end = newline < 0 ? bytes.length : newline;
      const start = offset === 0 && at === 0 ? markLength(bytes) : at;
      this.message(file, line, bytes, start, lineTextEnd(bytes, start, end));
      at = newline < 0 ? end : newline + 1;
      line += 1;
      if (at - blockStart < target && at < bytes.length) continue;
      if (this.members.size > 0)
        this.blocks.push(
          packBlock({
            file: index,
            start: offset + blockStart,
            length: at - blockStart,
            line: blockLine,
            ledgers: { start: this.first, end: this.last },
            datasets: [...this.members].sort((a, b) => a - b),
            hash: blockHash(bytes.subarray(blockStart, at)),
          }),
        );
      this.members.clear();
      blockStart = at;
      blockLine = line;
    }
    this.datasets.checkSize();
    await this.rejects.drain();
    return line;
  }

  private message(file: SourceFile, line: number, bytes: Buffer, start: number, end: number): void {
    if (isBlank(bytes, start, end)) return;
    this.messages += 1;
    const { scanner, reader } = this;
    const { tape } = scanner;
    if (end - start > MAX_LINE)
      return this.reject(TOO_LONG, file, line, bytes.subarray(start, start + PREFIX));
    if (!scanner.scan(bytes, start, end)) {
      const { code, reason, offset } = scanner.fault as NonNullable<JsonScanner['fault']>;
      const fault = {
        code,
        reason: `Not readable as JSON at byte ${offset - start + 1} of the line: ${reason}.`,
      };
      return this.reject(fault, file, line, bytes.subarray(start, end));
    }
    const typeFault = reader.readType(tape);
    if (typeFault === undefined && !this.datasets.wants(reader.dataset)) {
      this.filtered += 1;
      return;
    }
    const fault = typeFault ?? reader.readLedger(tape);
    if (fault !== undefined)
      return this.reject(fault, file, line, bytes.subarray(start, end), typeFault === undefined);
    const { range } = this.request;
    const { ledger } = reader;
    if (ledger < range.start || ledger > range.end) {
      this.filtered += 1;
      return;
    }
    const dataset = this.datasets.indexOf(reader.dataset);
    if (this.members.size === 0) this.first = this.last = ledger;
    else if (ledger < this.first) this.first = ledger;
    else if (ledger > this.last) this.last = ledger;
    this.members.add(dataset);
    const entry = this.datasets.at(dataset);
    entry.messages += 1;
    // Messages that the pull will reject whatever the schema must not shape it.
    if (checkMessage(reader, tape) === undefined) observeMessage(entry.evidence, tape, reader);
  }

  private reject(fault: MessageFault, file: SourceFile, line: number, raw: Uint8Array, typed = false): void {
    this.unusable += 1;
    const place = typed ? { dataset: this.reader.dataset } : {};
    this.rejects.append(JSON.stringify(rejectOf(fault, `${file.name}:${line}`, raw, place)));
  }
}

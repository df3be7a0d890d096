import { type FileHandle, open } from 'node:fs/promises';
import { type LedgerRange, ParquetryError } from '@parquetry/core';
import { KeyTable, inferSchema, messageEvidence } from '@parquetry/schema';
import { MessageReader, checkMessage, observeMessage } from '../message';
import { type BlockHash, type NdjsonIndex, blockHasher, packBlock } from '../ndjson/blocks';
import { LineClassifier } from '../ndjson/classify';
import { caseClashes, caseFault } from '../ndjson/clash';
import type { SourceFile } from '../ndjson/files/sourcefile';
import { TOO_LONG } from '../ndjson/files/lines';
import { beginning, longLine } from '../ndjson/files/long';
import { type NdjsonOptions, messageOptions } from '../ndjson/options';
import { rejectOf } from '../ndjson/reject';
import { ensureSpool } from '../ndjson/files/spool';
import { assertAnswered, isAnswer } from '../processor/ranges';
import type { SourceIndex } from '../source';
import type { LedgerFacts } from './flushrule';
import { type ReadPosition, type FollowedFile, type TailPositions, readPosition } from './readposition';
import { type TailFiles, growingFiles } from './files';
import type { TailReader, TailView } from './reader';
import { TailRejects } from './rejects';
import { countLines, forLines, readExactly, readLines } from './text';

/** Maximum bytes read in one poll, so that a flush can be decided before a large backlog is read completely. */
const LOOK_BYTES = 32 << 20;

/** How to follow growing NDJSON files. */
export interface MessageTailOptions {
  /** First ledger to read. */
  readonly cursor: number;
  /** Requested message types; undefined for all. */
  readonly types?: readonly string[];
  /** Datasets that every flush has, with or without messages. */
  readonly datasets: readonly string[];
  /** Number of ledgers below the highest one that are still open. */
  readonly lag: number;
  readonly messages: NdjsonOptions;
  /** Folder for decompressed copies. */
  readonly workDir: string;
  /** Positions in the files after the previous flush; undefined for the first one. */
  readonly marks?: readonly ReadPosition[];
  /** Ledgers between that flush and the cursor, which other runs committed; the tail counts their messages down. */
  readonly passed?: {
    /** Last ledger of the flush. */
    readonly after: number;
    /** Committed messages by message type and ledger. */
    readonly messages: ReadonlyMap<string, Map<number, number>>;
  };
}

interface LedgerCount {
  bytes: number;
  closeTimeMicros: number | undefined;
  readonly rows: Map<string, number>;
}

/** Follows NDJSON files that grow or appear. A line is read once its line end is there. */
export class MessageTail implements TailReader {
  readonly rejects = new TailRejects();
  private readonly reader: MessageReader;
  private readonly source: TailFiles;
  private readonly lines: LineClassifier;
  private readonly files = new Map<string, FollowedFile>();
  private readonly marks: ReadonlyMap<string, ReadPosition>;
  private readonly ledgers = new Map<number, LedgerCount>();
  private highest = 0;
  private first = true;
  /** Whether a file is not read completely. */
  private behind = false;

  constructor(
    source: string | TailFiles,
    private readonly options: MessageTailOptions,
  ) {
    this.source = typeof source === 'string' ? growingFiles(source, options.messages.assertFile) : source;
    this.reader = new MessageReader(messageOptions(options.messages, options.messages.schemas));
    const wanted = options.types === undefined ? undefined : new Set(options.types);
    this.lines = new LineClassifier(this.reader, (dataset) => wanted?.has(dataset) !== false);
    this.marks = new Map((options.marks ?? []).map((mark) => [mark.path, mark]));
  }

  async look(signal?: AbortSignal): Promise<TailView> {
    let room = LOOK_BYTES;
    for (const source of await this.source.list(this.behind, signal)) {
      const file = await this.follow(source, signal);
      room -= await this.read(file, room, signal);
      if (room <= 0) break;
    }
    this.behind = room <= 0;
    if (!this.behind) this.first = false;
    const { cursor, lag } = this.options;
    const facts = this.facts();
    const { end, grew = false } = this.source;
    const tip = tipOf(facts.at(-1), end, cursor);
    return {
      ...(tip === undefined ? {} : { tip }),
      // Until the backlog is read, an unread file may still contain any ledger.
      closed: this.behind ? cursor - 1 : Math.max(cursor - 1, (end ?? this.highest - 1) - lag),
      facts,
      more: this.behind || grew,
    };
  }

  /** Blocks and schemas of the flush; `data` also has the read positions for the next one. */
  async index(range: LedgerRange, signal?: AbortSignal): Promise<SourceIndex> {
    const { messages, datasets } = this.options;
    const followed = [...this.files.values()];
    const names = new Set(datasets);
    const inRange = followed.map((file) =>
      file.blocks.filter((block) => block.first <= range.end && block.last >= range.start),
    );
    const evidence = new Map([...names].map((name) => [name, { messages: 0, seen: messageEvidence() }]));
    const refused = this.clashes(range);
    const leftOut = new KeyTable(messages.leaveOut);
    for (const [at, file] of followed.entries())
      for (const block of inRange[at] ?? []) {
        signal?.throwIfAborted();
        await this.eachLine(file, block, (bytes, start, end, line) => {
          if (this.lines.classify(bytes, start, end) !== 'message') return;
          const { dataset, ledger } = this.reader;
          if (ledger < range.start || ledger > range.end) return;
          const kept = refused.get(dataset);
          if (kept !== undefined) {
            const position = `${file.source.name}:${block.line + line}`;
            const raw = bytes.subarray(start, end);
            this.rejects.unusable.keep(rejectOf(caseFault(dataset, kept), position, raw, { dataset }));
            return;
          }
          let entry = evidence.get(dataset);
          if (entry === undefined) evidence.set(dataset, (entry = { messages: 0, seen: messageEvidence() }));
          entry.messages += 1;
          const { tape } = this.lines;
          if (checkMessage(this.reader, tape) === undefined)
            observeMessage(entry.seen, tape, this.reader, leftOut);
        });
      }
    const all = [...evidence.keys()].sort();
    const data: NdjsonIndex & TailPositions = {
      files: followed.map(({ source }) => source),
      datasets: all,
      blocks: inRange.flatMap((blocks, file) =>
        blocks.map((block) =>
          packBlock({
            file,
            start: block.start,
            length: block.length,
            line: block.line,
            ledgers: { start: block.first, end: block.last },
            datasets: block.datasets.flatMap((name) => (all.includes(name) ? [all.indexOf(name)] : [])),
            hash: block.hash,
          }),
        ),
      ),
      marks: followed.map((file) => readPosition(file, range.end)),
    };
    return {
      kind: 'ndjson',
      datasets: all.map((name) => {
        const { messages: count = 0, seen = messageEvidence() } = evidence.get(name) ?? {};
        const schema = inferSchema(name, seen, messages.schemas.get(name), messages.nesting);
        return { dataset: name, messages: count, schema };
      }),
      unusable: this.rejects.unusable.count,
      filtered: 0,
      bytesRead: 0,
      data,
    };
  }

  private async follow(source: SourceFile, signal: AbortSignal | undefined): Promise<FollowedFile> {
    const known = this.files.get(source.path);
    const mark = this.marks.get(source.path);
    const before = known?.source.size ?? mark?.packedSize;
    const shrunk = source.packing === 'none' && source.size < (known?.next ?? mark?.seen ?? 0);
    const repacked = source.packing !== 'none' && before !== undefined && before !== source.size;
    if (shrunk || repacked)
      throw new ParquetryError(
        'SOURCE_CHANGED',
        `${source.name} is not the file that the tail was reading: ${
          shrunk ? 'it became shorter' : 'compressed files must not change'
        }.`,
        {
          details: { file: source.name, bytes: source.size, before: before ?? mark?.seen ?? 0 },
          hint: 'Write each message once, at the end of a file or in a new file; create compressed files by renaming a complete file.',
        },
      );
    if (source.packing !== 'none') await ensureSpool(source, this.options.workDir, signal);
    if (known !== undefined) {
      known.source = source;
      return known;
    }
    // When a tail starts again, messages in the files for earlier ledgers are those that were committed from them.
    const fresh = this.options.marks === undefined && this.first ? Number.MAX_SAFE_INTEGER : 0;
    const file: FollowedFile = {
      source,
      next: mark?.from ?? 0,
      line: mark?.line ?? 1,
      seen: mark?.seen ?? (fresh > 0 ? await this.sizeOf(source) : 0),
      blocks: [],
    };
    this.files.set(source.path, file);
    return file;
  }

  private async sizeOf(source: SourceFile): Promise<number> {
    const handle = await this.open(source);
    try {
      return (await handle.stat()).size;
    } finally {
      await handle.close();
    }
  }

  private async open(source: SourceFile): Promise<FileHandle> {
    if (source.packing === 'none') return open(source.path, 'r');
    const { path } = await ensureSpool(source, this.options.workDir);
    return open(path, 'r');
  }

  /** Reads whole lines from the file's position, at most about `room` bytes; returns the number of bytes. */
  private async read(file: FollowedFile, room: number, signal: AbortSignal | undefined): Promise<number> {
    const hashOf = await blockHasher();
    const handle = await this.open(file.source);
    let taken = 0;
    try {
      const { size } = await handle.stat();
      while (file.next < size && taken < room) {
        signal?.throwIfAborted();
        const bytes = await readLines(handle, file.next, size, file.source.packing !== 'none');
        if (bytes === undefined) break;
        taken += bytes.length;
        this.block(file, bytes, hashOf);
      }
      return taken;
    } finally {
      await handle.close();
    }
  }

  private block(file: FollowedFile, bytes: Buffer, hashOf: BlockHash): void {
    const start = file.next;
    const { line } = file;
    const datasets = new Set<string>();
    let first = Number.MAX_SAFE_INTEGER;
    let last = 0;
    forLines(bytes, start, (from, to, number) => {
      const waits = this.message(file, line + number, bytes, from, to, start + from);
      if (!waits) return;
      datasets.add(this.reader.dataset);
      first = Math.min(first, this.reader.ledger);
      last = Math.max(last, this.reader.ledger);
    });
    file.next += bytes.length;
    file.line += countLines(bytes);
    if (datasets.size === 0) return;
    file.blocks.push({
      start,
      length: bytes.length,
      line,
      first,
      last,
      datasets: [...datasets],
      hash: hashOf(bytes),
    });
  }

  /** Counts a message; true if it waits for a flush. `offset` is its offset in the file. */
  private message(
    file: FollowedFile,
    line: number,
    bytes: Buffer,
    start: number,
    end: number,
    offset: number,
  ): boolean {
    const kind = this.lines.classify(bytes, start, end);
    if (kind === 'blank' || kind === 'otherType') return false;
    const position = `${file.source.name}:${line}`;
    const fresh = offset >= file.seen;
    const raw = bytes.subarray(start, end);
    if (kind === 'unusable') {
      const { fault, dataset } = this.lines;
      if (fresh || this.options.marks === undefined)
        this.rejects.unusable.keep(
          fault === TOO_LONG
            ? rejectOf(fault, position, beginning(raw), longLine(bytes, start, end, offset - start))
            : rejectOf(fault, position, raw, { dataset }),
        );
      return false;
    }
    const { dataset, ledger } = this.reader;
    if (isAnswer(file.source)) assertAnswered(file.source, ledger, line);
    this.highest = Math.max(this.highest, ledger);
    const { cursor } = this.options;
    if (ledger < cursor) {
      if (!this.isCommitted(dataset, ledger, fresh))
        this.rejects.late.keep(
          rejectOf(
            {
              code: 'LATE_MESSAGE',
              reason: `Ledger ${ledger} was committed before the message arrived; the next open ledger is ${cursor}.`,
            },
            position,
            raw,
            { dataset, ledger },
          ),
        );
      return false;
    }
    let count = this.ledgers.get(ledger);
    if (count === undefined)
      this.ledgers.set(ledger, (count = { bytes: 0, closeTimeMicros: undefined, rows: new Map() }));
    count.bytes += end - start + 1;
    count.rows.set(dataset, (count.rows.get(dataset) ?? 0) + 1);
    if (count.closeTimeMicros === undefined && this.reader.readCloseTime(this.lines.tape) === undefined)
      count.closeTimeMicros = Number(this.reader.time.unixMicros());
    return true;
  }

  /**
   * Whether a message of a ledger before the cursor is in the archive: those of the tail's flushes were read before them; of a
   * ledger of another run, the first ones are, as many as it committed.
   */
  private isCommitted(dataset: string, ledger: number, fresh: boolean): boolean {
    const { passed } = this.options;
    if (passed === undefined || ledger <= passed.after) return !fresh;
    const counts = passed.messages.get(dataset);
    const left = counts?.get(ledger) ?? 0;
    if (left > 0) counts?.set(ledger, left - 1);
    return left > 0;
  }

  /** Types of a flush to refuse because they differ from another one only in case; see `caseClashes`. */
  private clashes({ start, end }: LedgerRange): ReadonlyMap<string, string> {
    const names = [...this.ledgers].flatMap(([ledger, { rows }]) =>
      ledger >= start && ledger <= end ? [...rows.keys()] : [],
    );
    return caseClashes(new Set(names), this.options.messages.schemas.keys());
  }

  private async eachLine(
    file: FollowedFile,
    { start, length, hash }: { readonly start: number; readonly length: number; readonly hash: string },
    use: (bytes: Buffer, start: number, end: number, line: number) => void,
  ): Promise<void> {
    const handle = await this.open(file.source);
    try {
      const bytes = await readExactly(handle, start, length);
      if ((await blockHasher())(bytes) !== hash)
        throw new ParquetryError('SOURCE_CHANGED', `${file.source.name} changed after it was read.`);
      forLines(bytes, start, (from, to, line) => use(bytes, from, to, line));
    } finally {
      await handle.close();
    }
  }

  private facts(): LedgerFacts[] {
    return [...this.ledgers]
      .sort(([a], [b]) => a - b)
      .map(([ledger, { bytes, closeTimeMicros, rows }]) => ({
        ledger,
        rows,
        bytes,
        ...(closeTimeMicros === undefined ? {} : { closeTimeMicros }),
      }));
  }
}

/** The highest ledger: of the messages, or one that is known to have none. */
function tipOf(last: LedgerFacts | undefined, end: number | undefined, cursor: number): TailView['tip'] {
  if (end !== undefined && end >= cursor && end > (last?.ledger ?? 0)) return { ledger: end };
  if (last === undefined) return undefined;
  const { ledger, closeTimeMicros } = last;
  return { ledger, ...(closeTimeMicros === undefined ? {} : { closeTimeMicros }) };
}

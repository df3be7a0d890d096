import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Layout, MAX_LEDGER, layoutFolder, sameFolder } from '@parquetry/core';
import { JsonScanner, type TableSchema } from '@parquetry/schema';
import { checkMessage, type MessageFault, MessageReader } from '../message';
import { folderConflict } from '../stage/decision';
import { caseFault } from './clash';
import { type SourceFile, listFiles } from './files';
import { isBlank, lineTextEnd, markLength, MAX_LINE, readBatches } from './lines';
import { messageOptions, type NdjsonOptions } from './options';
import { Indexer } from './prepare';
import { RowEncoder } from './row';
import { ensureSpool } from './spool';

/** What the pipeline would do with one message. What could not be found out is absent. */
export interface InspectedMessage {
  /** `{file}:{line}` */
  readonly position: string;
  readonly dataset?: string;
  readonly ledger?: number;
  /** ISO 8601, UTC, microseconds where there are some. */
  readonly closeTime?: string;
  /** Folder below the dataset's, as the layout places the message's ledger. */
  readonly folder?: string;
  /** Why it is rejected; absent when it is accepted. */
  readonly fault?: MessageFault;
}

/** What `inspectNdjson` is asked. */
export interface InspectRequest {
  /** Paths and globs, separated by commas. */
  readonly spec: string;
  readonly options: NdjsonOptions;
  readonly layout: Layout;
  readonly onMessage: (message: InspectedMessage) => void;
  readonly signal?: AbortSignal;
}

interface Target {
  readonly encoder: RowEncoder;
  readonly closeTimeColumn: string;
  /** Close time of the first accepted message, by ledger. */
  readonly ledgers: Map<number, number>;
}

/**
 * Validates every message of NDJSON files as a pull of all of them would, in their order, without staging a row. Schemas
 * are those of the options, extended by inference over all the files.
 * @returns the schemas the messages were held against, by dataset
 * @throws ParquetryError SOURCE_NOT_FOUND, SOURCE_CORRUPT, SCHEMA_CONFLICT
 */
export async function inspectNdjson(request: InspectRequest): Promise<ReadonlyMap<string, TableSchema>> {
  const workDir = await mkdtemp(path.join(tmpdir(), 'parquetry-inspect-'));
  try {
    const { spec, options, signal } = request;
    const range = { start: 1, end: MAX_LEDGER };
    const asked = { range, workDir, ...(signal === undefined ? {} : { signal }) };
    const { datasets } = await new Indexer(spec, options, asked).run();
    const schemas = new Map(datasets.map(({ dataset, schema }) => [dataset, schema]));
    const inspector = new Inspector(request, schemas);
    for (const file of await listFiles(spec)) await inspector.file(file, workDir);
    return schemas;
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

class Inspector {
  private readonly scanner = new JsonScanner();
  private readonly reader: MessageReader;
  private readonly targets: ReadonlyMap<string, Target>;

  constructor(
    private readonly request: InspectRequest,
    schemas: ReadonlyMap<string, TableSchema>,
  ) {
    this.reader = new MessageReader(messageOptions(request.options, schemas));
    this.targets = new Map(
      [...schemas].map(([dataset, schema]) => [
        dataset,
        {
          encoder: new RowEncoder(schema),
          closeTimeColumn: schema.closeTimeColumn,
          ledgers: new Map<number, number>(),
        },
      ]),
    );
  }

  async file(file: SourceFile, workDir: string): Promise<void> {
    const { signal, onMessage } = this.request;
    const name = file.packing === 'none' ? file.path : (await ensureSpool(file, workDir, signal)).path;
    const handle = await open(name, 'r');
    try {
      let line = 1;
      for await (const { bytes, start: offset, tooLong } of readBatches(handle)) {
        signal?.throwIfAborted();
        for (let at = 0; at < bytes.length; line += 1) {
          const newline = tooLong === true ? -1 : bytes.indexOf(10, at);
          const end = newline < 0 ? bytes.length : newline;
          const start = offset === 0 && at === 0 ? markLength(bytes) : at;
          const last = lineTextEnd(bytes, start, end);
          at = newline < 0 ? end : newline + 1;
          if (isBlank(bytes, start, last)) continue;
          const found =
            tooLong === true || last - start > MAX_LINE ? lineTooLong() : this.message(bytes, start, last);
          onMessage({ position: `${file.name}:${line}`, ...found });
        }
      }
    } finally {
      await handle.close();
    }
  }

  private message(bytes: Buffer, start: number, end: number): Omit<InspectedMessage, 'position'> {
    const { scanner, reader } = this;
    const { tape } = scanner;
    if (!scanner.scan(bytes, start, end)) {
      const { code, reason, offset } = scanner.fault as NonNullable<JsonScanner['fault']>;
      return {
        fault: { code, reason: `Not readable as JSON at byte ${offset - start + 1} of the line: ${reason}.` },
      };
    }
    const typeFault = reader.readType(tape);
    if (typeFault !== undefined) return { fault: typeFault };
    const { dataset } = reader;
    const ledgerFault = reader.readLedger(tape);
    if (ledgerFault !== undefined) return { dataset, fault: ledgerFault };
    const { ledger } = reader;
    const timeFault = checkMessage(reader, tape);
    if (timeFault !== undefined) return { dataset, ledger, fault: timeFault };
    return { dataset, ledger, ...this.place(dataset, ledger, tape) };
  }

  private place(
    dataset: string,
    ledger: number,
    tape: JsonScanner['tape'],
  ): Omit<InspectedMessage, 'position'> {
    const { reader } = this;
    const { layout } = this.request;
    // The index pass saw every type that has a usable message, and keeps one of those that differ only in case.
    const target = this.targets.get(dataset);
    if (target === undefined) {
      const kept = [...this.targets.keys()].find((name) => name.toLowerCase() === dataset.toLowerCase());
      return { fault: caseFault(dataset, kept ?? dataset.toLowerCase()) };
    }
    const { encoder, closeTimeColumn, ledgers } = target;
    const micros = Number(reader.time.unixMicros());
    const closeTime = reader.time.text();
    const first = ledgers.get(ledger) ?? micros;
    const folder = layoutFolder(layout, ledger, first).path;
    const pairs = encoder.assign(tape, reader.inner);
    const written = pairs !== undefined && encoder.write(tape, reader, pairs);
    const fault = !written
      ? encoder.fault
      : sameFolder(layout, first, micros)
        ? undefined
        : folderConflict(layout, closeTimeColumn, ledger, first, micros);
    if (fault !== undefined) return { closeTime, fault };
    ledgers.set(ledger, first);
    return { closeTime, folder };
  }
}

function lineTooLong(): Omit<InspectedMessage, 'position'> {
  return { fault: { code: 'LINE_TOO_LONG', reason: `The line is longer than ${MAX_LINE} bytes.` } };
}

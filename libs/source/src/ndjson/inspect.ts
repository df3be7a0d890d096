import { type Layout, type LedgerRange, layoutFolder, sameFolder } from '@parquetry/core';
import type { TableSchema, Tape } from '@parquetry/schema';
import { checkMessage, type MessageFault, MessageReader } from '../message';
import { folderConflict } from '../stage/decision';
import { LineClassifier } from './classify';
import { caseFault } from './clash';
import { everyLine } from './files/everyline';
import { listFiles } from './files/files';
import { TOO_LONG } from './files/lines';
import { messageOptions, type NdjsonOptions } from './options';
import { RowEncoder } from './row/row';

/** How the pipeline would process one message. Unknown values are absent. */
export interface InspectedMessage {
  /** `{file}:{line}` */
  readonly position: string;
  readonly dataset?: string;
  readonly ledger?: number;
  /** ISO 8601, UTC, with microseconds if they are not 0. */
  readonly closeTime?: string;
  /** Folder of the message's ledger in the dataset, by the layout. */
  readonly folder?: string;
  /** Why it is rejected; absent if it is accepted. */
  readonly fault?: MessageFault;
  /** It is rejected before it belongs to a partition; its reject is kept with the run. */
  readonly unusable?: true;
  /** Its ledger or type is not part of the run. */
  readonly filtered?: true;
}

/** The request to `inspectNdjson`. */
export interface InspectRequest {
  /** Paths and globs, separated by commas. */
  readonly spec: string;
  readonly options: NdjsonOptions;
  /** The schemas of the run by message type: those of `prepare`, or the registered ones. */
  readonly schemas: ReadonlyMap<string, TableSchema>;
  /** Ledgers of the run, inclusive. */
  readonly range: LedgerRange;
  /** Message types of the run; absent for all. */
  readonly types?: readonly string[];
  readonly layout: Layout;
  /** Folder of decompressed copies; the `workDir` of `prepare` has them. */
  readonly workDir: string;
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
 * Checks every message of NDJSON files against the run's schemas, in the order and way of its pulls, without staging
 * rows.
 * @throws ParquetryError SOURCE_NOT_FOUND, SOURCE_CORRUPT
 */
export async function inspectNdjson(request: InspectRequest): Promise<void> {
  const inspector = new Inspector(request);
  for (const file of await listFiles(request.spec, request.options.assertFile))
    await everyLine(file, request, {
      line: (bytes, start, end, number) => {
        const found = inspector.message(bytes, start, end);
        if (found !== undefined) request.onMessage({ position: `${file.name}:${number}`, ...found });
      },
      tooLong: (number) => request.onMessage({ position: `${file.name}:${number}`, ...unusable(TOO_LONG) }),
    });
}

class Inspector {
  private readonly reader: MessageReader;
  private readonly lines: LineClassifier;
  private readonly targets: ReadonlyMap<string, Target>;

  constructor(private readonly request: InspectRequest) {
    const { options, schemas, types } = request;
    this.reader = new MessageReader(messageOptions(options, new Map([...options.schemas, ...schemas])));
    const wanted = types === undefined ? undefined : new Set(types);
    this.lines = new LineClassifier(this.reader, (dataset) => wanted?.has(dataset) !== false);
    this.targets = new Map(
      [...schemas].map(([dataset, schema]) => [
        dataset,
        {
          encoder: new RowEncoder(schema, options.leaveOut),
          closeTimeColumn: schema.closeTimeColumn,
          ledgers: new Map<number, number>(),
        },
      ]),
    );
  }

  /** Undefined for a blank line. */
  message(bytes: Buffer, start: number, end: number): Omit<InspectedMessage, 'position'> | undefined {
    const { lines, reader } = this;
    const { range } = this.request;
    const { tape } = lines;
    const kind = lines.classify(bytes, start, end);
    if (kind === 'blank') return undefined;
    if (kind === 'unusable')
      return { ...(lines.dataset === undefined ? {} : { dataset: lines.dataset }), ...unusable(lines.fault) };
    const { dataset } = reader;
    if (kind === 'otherType') return { dataset, filtered: true };
    const { ledger } = reader;
    if (ledger < range.start || ledger > range.end) return { dataset, ledger, filtered: true };
    // As in the index pass: one of the types that differ only in case is kept.
    const target = this.targets.get(dataset);
    if (target === undefined) {
      const kept = [...this.targets.keys()].find((name) => name.toLowerCase() === dataset.toLowerCase());
      return { dataset, ledger, ...unusable(caseFault(dataset, kept ?? dataset.toLowerCase())) };
    }
    const timeFault = checkMessage(reader, tape);
    if (timeFault !== undefined) return { dataset, ledger, fault: timeFault };
    return { dataset, ledger, ...this.place(target, ledger, tape) };
  }

  private place(target: Target, ledger: number, tape: Tape): Omit<InspectedMessage, 'position'> {
    const { reader } = this;
    const { layout } = this.request;
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

function unusable(fault: MessageFault): Omit<InspectedMessage, 'position'> {
  return { fault, unusable: true };
}

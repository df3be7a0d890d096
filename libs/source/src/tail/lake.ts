import { type LedgerRange, ParquetryError } from '@parquetry/core';
import {
  type DecodedLedger,
  KNOWN_NETWORKS,
  LedgerContext,
  batchRange,
  batchesOf,
  detectNetwork,
  folderRange,
  isStellarType,
  objectKey,
  parseFolderName,
  parseObjectKey,
  readBatchHeader,
  stellarRows,
  stellarSchemas,
} from '@parquetry/stellar';
import { type LakeConfig, type LakeStore, readLakeConfig } from '../galexie';
import { lakeLedgers } from '../galexie/ledgers';
import { decompressObject } from '../galexie/zstd';
import type { SourceIndex } from '../source';
import type { LedgerFacts } from './decide';
import type { TailReader, TailView } from './reader';

/** Ledgers read in one look. */
const CHUNK = 64;

/** How a lake is followed. */
export interface LakeTailOptions {
  /** First ledger to take. */
  readonly cursor: number;
  /** Message types whose rows are counted. */
  readonly types: readonly string[];
  /** Ledgers below the tip that are left alone. */
  readonly lag: number;
  /** The index that the tail's plan has. */
  readonly index: SourceIndex;
}

/** Follows a ledger lake that another program appends to. */
export class LakeTail implements TailReader {
  private readonly facts: LedgerFacts[] = [];
  private readonly config: LakeConfig;
  private next: number;
  private network: string | undefined;
  private tipTime: { ledger: number; closeTimeMicros: number } | undefined;

  constructor(
    private readonly store: LakeStore,
    private readonly options: LakeTailOptions,
  ) {
    this.config = options.index.data as LakeConfig;
    this.network = options.index.network;
    this.next = options.cursor;
  }

  async look(signal?: AbortSignal): Promise<TailView> {
    const { cursor, lag } = this.options;
    const tip = await lakeTip(this.store, this.config);
    if (tip === undefined) return { closed: cursor - 1, facts: [], more: false };
    const reach = tip - lag;
    const end = Math.min(reach, this.next + CHUNK - 1);
    if (end >= this.next) await this.read({ start: this.next, end }, tip, signal);
    return {
      tip: { ledger: tip, closeTimeMicros: await this.closeTime(tip, signal) },
      closed: this.next - 1,
      facts: this.facts,
      more: this.next <= reach,
    };
  }

  index(): Promise<SourceIndex> {
    return Promise.resolve(this.options.index);
  }

  private async read(range: LedgerRange, tip: number, signal?: AbortSignal): Promise<void> {
    await this.checkHoles(range, tip);
    const types = this.options.types.filter(isStellarType);
    for await (const { sequence, ledger } of lakeLedgers(this.store, this.config, range, types, signal)) {
      if (sequence < range.start) continue;
      this.facts.push(this.count(ledger));
      this.next = sequence + 1;
    }
  }

  /** A missing object below the tip is a gap, not a ledger to wait for. A listing may be older than the tip it shows. */
  private async checkHoles(range: LedgerRange, tip: number): Promise<void> {
    for (let tries = 0; ; tries++) {
      const hole = await firstHole(this.store, this.config, range);
      if (hole === undefined) return;
      if (tries < 1) continue;
      throw new ParquetryError(
        'LEDGER_MISSING',
        `Ledger ${hole} is missing in the lake, which has ledger ${tip} already.`,
        {
          details: { ledger: hole, object: objectKey(this.config.layout, hole), tip },
          hint: 'Put the object back, then send `retry`: the tail goes on from there.',
        },
      );
    }
  }

  private count(ledger: DecodedLedger): LedgerFacts {
    const context = this.context(ledger);
    const rows = new Map<string, number>();
    for (const type of this.options.types) {
      if (!isStellarType(type)) continue;
      let count = 0;
      for (const _ of stellarRows(context, type)) count += 1;
      rows.set(type, count);
    }
    const { xdrStart, xdrEnd } = ledger.meta;
    return { ledger: context.sequence, rows, bytes: xdrEnd - xdrStart, closeTimeMicros: context.closedAt };
  }

  private context(ledger: DecodedLedger): LedgerContext {
    this.network ??= detectNetwork(ledger);
    if (this.network === undefined && ledger.meta.value.txProcessing.length > 0)
      throw new ParquetryError('SOURCE_INVALID', 'The network of the lake is none of the public ones.', {
        hint: 'Put a .config.json with the networkPassphrase into the lake.',
      });
    return new LedgerContext(ledger, this.network ?? (KNOWN_NETWORKS[0] as string));
  }

  private async closeTime(tip: number, signal?: AbortSignal): Promise<number> {
    const last = this.facts.at(-1);
    if (last?.ledger === tip && last.closeTimeMicros !== undefined) return last.closeTimeMicros;
    if (this.tipTime?.ledger === tip) return this.tipTime.closeTimeMicros;
    let closeTimeMicros = 0;
    for await (const { ledger } of lakeLedgers(this.store, this.config, { start: tip, end: tip }, [], signal))
      closeTimeMicros = this.context(ledger).closedAt;
    this.tipTime = { ledger: tip, closeTimeMicros };
    return closeTimeMicros;
  }
}

/** The index of a lake for the plan that all flushes of a tail share. @throws ParquetryError SOURCE_INVALID */
export async function lakeTailIndex(store: LakeStore, types: readonly string[]): Promise<SourceIndex> {
  const config = await readLakeConfig(store);
  return {
    kind: 'galexie',
    datasets: types.flatMap((type) => {
      const schema = stellarSchemas.get(type);
      return schema === undefined ? [] : [{ dataset: type, schema }];
    }),
    unusable: 0,
    filtered: 0,
    bytesRead: 0,
    ...(config.network === undefined ? {} : { network: config.network }),
    data: config,
  };
}

/** The newest ledger of a lake by the names of its objects, undefined for an empty lake. */
export async function lakeTip(store: LakeStore, config: LakeConfig): Promise<number | undefined> {
  for await (const names of newestFirst(store, config)) {
    const ends = names.flatMap((name) => parseObjectKey(name)?.end ?? []);
    if (ends.length > 0) return ends.reduce((max, end) => Math.max(max, end), 0);
  }
  return undefined;
}

/** The first ledger of a lake, undefined for an empty lake. */
export async function lakeStart(store: LakeStore, config: LakeConfig): Promise<number | undefined> {
  let first: { key: string; start: number } | undefined;
  const folders = await foldersOf(store, config);
  for (const folder of folders.reverse()) {
    for (const name of await store.list(folder)) {
      const object = parseObjectKey(name);
      if (object !== undefined && (first === undefined || object.start < first.start))
        first = { key: `${folder}${name}`, start: object.start };
    }
    if (first !== undefined) break;
  }
  const packed = first === undefined ? undefined : await store.get(first.key);
  if (first === undefined || packed === undefined) return undefined;
  return readBatchHeader(await decompressObject(first.key, packed), first.key).start;
}

async function* newestFirst(store: LakeStore, config: LakeConfig): AsyncGenerator<string[]> {
  for (const folder of await foldersOf(store, config)) yield store.list(folder);
}

/** Folders that may hold objects, those of the newest ledgers first. */
async function foldersOf(store: LakeStore, config: LakeConfig): Promise<string[]> {
  if (folderRange(config.layout, 1) === undefined) return [''];
  const found = (await store.list('')).flatMap((name) => {
    const range = name.endsWith('/') ? parseFolderName(name) : undefined;
    return range === undefined ? [] : [{ name, start: range.start }];
  });
  return found.sort((a, b) => b.start - a.start).map(({ name }) => name);
}

/** The first ledger of a range whose object no listing shows. */
async function firstHole(
  store: LakeStore,
  config: LakeConfig,
  range: LedgerRange,
): Promise<number | undefined> {
  const listed = new Map<string, Set<number>>();
  const folders = new Set(await foldersOf(store, config));
  for (const batch of batchesOf(config.layout, range)) {
    const folder = folderOf(config, batch.start);
    let starts = listed.get(folder);
    if (starts === undefined) {
      const names = folder === '' || folders.has(folder) ? await store.list(folder) : [];
      starts = new Set(names.flatMap((name) => parseObjectKey(name)?.start ?? []));
      listed.set(folder, starts);
    }
    if (!starts.has(batch.start)) return Math.max(batch.start, range.start);
  }
  return undefined;
}

/** `''` where the lake has no folders. */
function folderOf(config: LakeConfig, ledger: number): string {
  const key = objectKey(config.layout, batchRange(config.layout, ledger).start);
  return key.slice(0, key.lastIndexOf('/') + 1);
}

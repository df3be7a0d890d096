import { type LedgerRange, type LedgerTimes, ParquetryError } from '@parquetry/core';
import {
  type StellarType,
  batchRange,
  batchesOf,
  detectNetwork,
  folderRange,
  objectKey,
  parseFolderName,
  parseObjectKey,
  readBatchHeader,
} from '@parquetry/stellar';
import { type LakeConfig, readLakeConfig } from '../galexie/lake';
import { lakeLedgers } from '../galexie/ledgers';
import { type LakeStore, openLakeStore } from '../galexie/store';
import { LakeTimes } from '../galexie/times';
import { decompressObject } from '../zstd/object';
import { boundsOf, type FeedLedger, type LedgerFeed, type ReadOptions } from './feed';

/** Maximum number of objects to read to detect the network of a lake without a manifest. */
const NETWORK_PROBES = 16;

/** Opens a lake; `config` comes from a plan. @throws ParquetryError SOURCE_NOT_FOUND, SOURCE_INVALID */
export async function openLakeFeed(location: string, config?: LakeConfig): Promise<LakeFeed> {
  const store = openLakeStore(location);
  return new LakeFeed(store, config ?? (await readLakeConfig(store)));
}

/** The ledgers of a Galexie lake. */
export class LakeFeed implements LedgerFeed {
  readonly kind = 'galexie';
  readonly uri: string;
  readonly network?: string;

  constructor(
    private readonly store: LakeStore,
    readonly config: LakeConfig,
  ) {
    this.uri = store.uri;
    if (config.network !== undefined) this.network = config.network;
  }

  first(): Promise<number | undefined> {
    return lakeStart(this.store, this.config);
  }

  tip(): Promise<number | undefined> {
    return lakeTip(this.store, this.config);
  }

  times(): LedgerTimes {
    return new LakeTimes(this.store, this.config, () => boundsOf(this));
  }

  /** A missing object below the tip is a gap, not a future ledger. Lists twice: the first listing may be out of date. */
  async assertWhole(range: LedgerRange, tip: number): Promise<void> {
    for (let tries = 0; ; tries++) {
      const hole = await firstHole(this.store, this.config, range);
      if (hole === undefined) return;
      if (tries < 1) continue;
      throw new ParquetryError(
        'LEDGER_MISSING',
        `Ledger ${hole} is missing in the lake, although the lake has ledger ${tip}.`,
        {
          details: { ledger: hole, object: objectKey(this.config.layout, hole), tip },
          hint: 'Restore the object, then send `retry`: the tail continues with it.',
        },
      );
    }
  }

  ledgers(
    range: LedgerRange,
    types: readonly StellarType[],
    options?: ReadOptions,
  ): AsyncGenerator<FeedLedger> {
    return lakeLedgers(this.store, this.config, range, types, options);
  }

  async probeNetwork(
    range: LedgerRange,
    signal?: AbortSignal,
  ): Promise<{ network: string | undefined; bytesRead: number }> {
    let bytesRead = 0;
    let probes = 0;
    for (const batch of batchesOf(this.config.layout, range)) {
      if (++probes > NETWORK_PROBES) break;
      const start = Math.max(range.start, batch.start);
      const end = Math.min(range.end, batch.end);
      try {
        for await (const item of this.ledgers({ start, end }, [], { signal })) {
          bytesRead += item.sequence === start ? item.bytesRead : 0;
          if (item.ledger === undefined) continue;
          const network = detectNetwork(item.ledger);
          if (network !== undefined) return { network, bytesRead };
        }
      } catch (error) {
        // The pull reports a missing or damaged object, with its partition.
        signal?.throwIfAborted();
        if (!(error instanceof ParquetryError)) throw error;
      }
    }
    return { network: undefined, bytesRead };
  }
}

/** The newest ledger of a lake, from the names of its objects; undefined for an empty lake. */
async function lakeTip(store: LakeStore, config: LakeConfig): Promise<number | undefined> {
  for await (const names of newestFirst(store, config)) {
    const ends = names.flatMap((name) => parseObjectKey(name)?.end ?? []);
    if (ends.length > 0) return ends.reduce((max, end) => Math.max(max, end), 0);
  }
  return undefined;
}

/** The first ledger of a lake; undefined for an empty lake. */
async function lakeStart(store: LakeStore, config: LakeConfig): Promise<number | undefined> {
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
  return readBatchHeader(await decompressObject(first.key, packed, config.layout.ledgersPerBatch), first.key)
    .start;
}

async function* newestFirst(store: LakeStore, config: LakeConfig): AsyncGenerator<string[]> {
  for (const folder of await foldersOf(store, config)) yield store.list(folder);
}

/** Folders that may contain objects, newest ledgers first. */
async function foldersOf(store: LakeStore, config: LakeConfig): Promise<string[]> {
  if (folderRange(config.layout, 1) === undefined) return [''];
  const found = (await store.list('')).flatMap((name) => {
    const range = name.endsWith('/') ? parseFolderName(name) : undefined;
    return range === undefined ? [] : [{ name, start: range.start }];
  });
  return found.sort((a, b) => b.start - a.start).map(({ name }) => name);
}

/** The first ledger of a range whose object is not listed. */
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

/** The folder of a ledger's object; `''` if the lake has no folders. */
function folderOf(config: LakeConfig, ledger: number): string {
  const key = objectKey(config.layout, batchRange(config.layout, ledger).start);
  return key.slice(0, key.lastIndexOf('/') + 1);
}

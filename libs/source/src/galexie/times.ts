import { type LedgerBlock, type LedgerRange, type LedgerTimes, ledgerBlock } from '@parquetry/core';
import {
  batchRange,
  closeTimeMicros,
  parseFolderName,
  parseObjectKey,
  readBatchHeader,
} from '@parquetry/stellar';
import { readOrKeep } from '../ledgers/keep';
import type { LakeConfig } from './lake';
import { findObject } from './ledgers';
import type { LakeStore } from './store';

/**
 * The close times of a lake. A read gets one object; where it is missing, the next one is found in the lists of the
 * folders, which are read once.
 */
export class LakeTimes implements LedgerTimes {
  readonly name: string;
  private folders: Promise<readonly (LedgerRange & { readonly name: string })[]> | undefined;
  private readonly starts = new Map<string, Promise<readonly number[]>>();
  private readonly blocks = new Map<number, Promise<LedgerBlock | undefined>>();

  constructor(
    private readonly store: LakeStore,
    private readonly config: LakeConfig,
    private readonly named: LedgerTimes['bounds'],
  ) {
    this.name = `the source ${store.uri}`;
  }

  /** The newest object may have fewer ledgers than its name says. */
  async bounds(): Promise<LedgerRange | undefined> {
    const named = await this.named();
    if (named === undefined) return undefined;
    return { start: named.start, end: (await this.block(named.end))?.end ?? named.end };
  }

  async read(range: LedgerRange): Promise<LedgerBlock | undefined> {
    const found = await this.block(range.start);
    if (found !== undefined && found.end >= range.start) return found.start > range.end ? undefined : found;
    const next = await this.next(range);
    return next === undefined ? undefined : this.read({ start: next, end: range.end });
  }

  /** The ledgers of the object of a ledger; undefined if there is none. */
  private block(ledger: number): Promise<LedgerBlock | undefined> {
    const batch = batchRange(this.config.layout, ledger);
    let block = this.blocks.get(batch.start);
    if (block === undefined) this.blocks.set(batch.start, (block = this.load(batch)));
    return block;
  }

  private async load(batch: LedgerRange): Promise<LedgerBlock | undefined> {
    const object = await findObject(this.store, this.config, batch);
    if (object === undefined) return undefined;
    const { key, bytes } = object;
    const { start, end, offset } = readBatchHeader(bytes, key);
    const closes: [number, number][] = [];
    for (let sequence = start, at = offset; sequence <= end; sequence++) {
      const item = readOrKeep(bytes, at, key, [], { sequence, last: sequence === end, unknown: 'keep' });
      const header = item.ledger?.meta.value.ledgerHeader ?? item.unknown?.header;
      if (header !== undefined) closes.push([sequence, closeTimeMicros(header.header) / 1_000_000]);
      at = item.ledger?.meta.xdrEnd ?? item.unknown?.end ?? at;
    }
    return closes.length === 0 ? undefined : ledgerBlock({ start, end }, closes);
  }

  /** The first ledger of a range in an object after the first ledger's own, by the names in the lists. */
  private async next({ start, end }: LedgerRange): Promise<number | undefined> {
    const after = batchRange(this.config.layout, start).end;
    if (after >= end) return undefined;
    this.folders ??= this.listFolders();
    for (const folder of await this.folders) {
      if (folder.end <= after) continue;
      if (folder.start > end) return undefined;
      let starts = this.starts.get(folder.name);
      if (starts === undefined) this.starts.set(folder.name, (starts = this.listStarts(folder.name)));
      const next = (await starts).find((each) => each > after);
      if (next !== undefined) return next <= end ? next : undefined;
    }
    return undefined;
  }

  private async listFolders(): Promise<readonly (LedgerRange & { readonly name: string })[]> {
    const { batchesPerPartition } = this.config.layout;
    if (batchesPerPartition <= 1) return [{ name: '', start: 0, end: Number.POSITIVE_INFINITY }];
    const found = (await this.store.list('')).flatMap((name) => {
      const range = name.endsWith('/') ? parseFolderName(name) : undefined;
      return range === undefined ? [] : [{ ...range, name }];
    });
    return found.sort((a, b) => a.start - b.start);
  }

  private async listStarts(folder: string): Promise<readonly number[]> {
    const names = await this.store.list(folder);
    return names.flatMap((name) => parseObjectKey(name)?.start ?? []).sort((a, b) => a - b);
  }
}

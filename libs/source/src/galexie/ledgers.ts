import { setImmediate as nextTurn } from 'node:timers/promises';
import { type LedgerRange, ParquetryError, intersectRange } from '@parquetry/core';
import { type StellarType, assertEnd, batchesOf, objectKey, readBatchHeader } from '@parquetry/stellar';
import type { FeedLedger, ReadLedger, ReadOptions } from '../ledgers/feed';
import { readOrKeep } from '../ledgers/keep';
import type { LakeConfig } from './lake';
import type { LakeStore } from './store';
import { decompressObject } from '../zstd/object';

/** Number of objects to read and decompress ahead of the decoder. */
const AHEAD = 2;

interface LakeObject {
  readonly key: string;
  readonly bytes: Buffer;
  readonly compressed: number;
}

/**
 * The ledgers of a range in order. The sequence of each is checked against its object name. When the range begins
 * inside an object, the ledger before the range comes first, so that the chain starts one ledger earlier. Yields to the
 * event loop between ledgers. Decodes only what `types` need.
 * @throws ParquetryError LEDGER_MISSING with ledger and object, SOURCE_CORRUPT, PROTOCOL_UNSUPPORTED
 */
export async function* lakeLedgers(
  store: LakeStore,
  config: LakeConfig,
  range: LedgerRange,
  types: readonly StellarType[],
  { signal, unknown }: ReadOptions = {},
): AsyncGenerator<FeedLedger> {
  let bytesRead = 0;
  for await (const { batch, object } of loadBatches(store, config, range)) {
    bytesRead += object.compressed;
    const wanted = intersectRange(range, batch) ?? range;
    for (const item of decodeBatch(object, batch, wanted, types, unknown)) {
      signal?.throwIfAborted();
      if (item.sequence >= wanted.start - 1) yield { ...item, bytesRead };
      await nextTurn();
    }
  }
}

async function* loadBatches(
  store: LakeStore,
  config: LakeConfig,
  range: LedgerRange,
): AsyncGenerator<{ batch: LedgerRange; object: LakeObject }> {
  const batches = batchesOf(config.layout, range);
  const queue: { batch: LedgerRange; loading: Promise<LakeObject> }[] = [];
  const load = (): void => {
    const next = batches.next();
    if (next.done === true) return;
    const loading = loadObject(store, config, next.value, Math.max(range.start, next.value.start));
    // The loop reports the failure later. Until then this avoids an unhandled rejection.
    loading.catch(() => undefined);
    queue.push({ batch: next.value, loading });
  };
  for (let ahead = 0; ahead <= AHEAD; ahead++) load();
  for (let head = queue.shift(); head !== undefined; head = queue.shift()) {
    const object = await head.loading;
    load();
    yield { batch: head.batch, object };
  }
}

async function loadObject(
  store: LakeStore,
  config: LakeConfig,
  batch: LedgerRange,
  ledger: number,
): Promise<LakeObject> {
  const found = await findObject(store, config, batch);
  if (found !== undefined) return found;
  throw missing(ledger, objectKey(config.layout, batch.start, config.extensions[0]), 'which does not exist');
}

/** The object of a batch, decompressed; undefined if it does not exist. @throws ParquetryError SOURCE_CORRUPT */
export async function findObject(
  store: LakeStore,
  config: LakeConfig,
  batch: LedgerRange,
): Promise<LakeObject | undefined> {
  for (const extension of config.extensions) {
    const key = objectKey(config.layout, batch.start, extension);
    const compressed = await store.get(key);
    if (compressed !== undefined)
      return {
        key,
        bytes: await decompressObject(key, compressed, batch.end - batch.start + 1),
        compressed: compressed.length,
      };
  }
  return undefined;
}

/** Reads an object's ledgers up to the end of the range. */
function* decodeBatch(
  { key, bytes }: LakeObject,
  batch: LedgerRange,
  wanted: LedgerRange,
  types: readonly StellarType[],
  unknown: ReadOptions['unknown'],
): Generator<ReadLedger> {
  const header = readBatchHeader(bytes, key);
  if (header.start < batch.start || header.end > batch.end)
    throw misplaced(key, `ledgers ${header.start}–${header.end}, which its name does not cover`);
  if (header.start > wanted.start) throw missing(wanted.start, key, `which begins at ledger ${header.start}`);
  let offset = header.offset;
  for (let sequence = header.start; sequence <= Math.min(header.end, wanted.end); sequence++) {
    const last = sequence === header.end;
    const item = readOrKeep(bytes, offset, key, types, { sequence, last, unknown });
    if (item.ledger !== undefined) {
      const actual = item.ledger.meta.value.ledgerHeader.header.ledgerSeq;
      if (actual !== sequence) throw misplaced(key, `ledger ${actual} in place of ledger ${sequence}`);
    }
    offset = item.ledger === undefined ? item.unknown.end : item.ledger.meta.xdrEnd;
    if (last) assertEnd(bytes, offset, key);
    yield item;
  }
  if (header.end < wanted.end) throw missing(header.end + 1, key, `which ends at ledger ${header.end}`);
}

function missing(ledger: number, object: string, why: string): ParquetryError {
  return new ParquetryError(
    'LEDGER_MISSING',
    `Ledger ${ledger} is missing in the lake. It belongs to ${object}, ${why}.`,
    {
      details: { ledger, object },
      hint: 'Restore the object, or choose a range that the lake has, then retry.',
    },
  );
}

function misplaced(object: string, what: string): ParquetryError {
  return new ParquetryError('SOURCE_CORRUPT', `The lake object ${object} contains ${what}.`, {
    details: { object },
    hint: 'Copy the object from its origin again, then retry the partition.',
  });
}

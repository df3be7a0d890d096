import { setImmediate as nextTurn } from 'node:timers/promises';
import { type LedgerRange, ParquetryError, intersectRange } from '@parquetry/core';
import {
  type DecodedLedger,
  type StellarType,
  assertEnd,
  batchesOf,
  objectKey,
  readBatchHeader,
  readLedger,
} from '@parquetry/stellar';
import type { FeedLedger } from '../ledgers/feed';
import type { LakeConfig } from './lake';
import type { LakeStore } from './store';
import { decompressObject } from './zstd';

/** Objects read and decompressed ahead of the one that is decoded. */
const AHEAD = 2;

interface LakeObject {
  readonly key: string;
  readonly bytes: Buffer;
  readonly compressed: number;
}

/**
 * The ledgers of a range in order, checked to be the ones that their place in the lake says. When the range begins
 * inside an object, the ledger just before it comes first: the chain then starts one ledger earlier. Yields to the event
 * loop between ledgers. Only what these message types use is decoded.
 * @throws ParquetryError LEDGER_MISSING with ledger and object, SOURCE_CORRUPT, PROTOCOL_UNSUPPORTED
 */
export async function* lakeLedgers(
  store: LakeStore,
  config: LakeConfig,
  range: LedgerRange,
  types: readonly StellarType[],
  signal?: AbortSignal,
): AsyncGenerator<FeedLedger> {
  let bytesRead = 0;
  for await (const { batch, object } of loadBatches(store, config, range)) {
    bytesRead += object.compressed;
    const wanted = intersectRange(range, batch) ?? range;
    for (const { sequence, ledger } of decodeBatch(object, batch, wanted, types)) {
      signal?.throwIfAborted();
      if (sequence >= wanted.start - 1) yield { sequence, ledger, bytesRead };
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
    // The failure is reported when its turn comes; without this it would count as unhandled meanwhile.
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
  for (const extension of config.extensions) {
    const key = objectKey(config.layout, batch.start, extension);
    const compressed = await store.get(key);
    if (compressed !== undefined)
      return { key, bytes: await decompressObject(key, compressed), compressed: compressed.length };
  }
  throw missing(
    ledger,
    objectKey(config.layout, batch.start, config.extensions[0]),
    'there is no such object',
  );
}

/** Reads an object's ledgers up to the last one wanted. */
function* decodeBatch(
  { key, bytes }: LakeObject,
  batch: LedgerRange,
  wanted: LedgerRange,
  types: readonly StellarType[],
): Generator<{ sequence: number; ledger: DecodedLedger }> {
  const header = readBatchHeader(bytes, key);
  if (header.start < batch.start || header.end > batch.end)
    throw misplaced(key, `ledgers ${header.start}–${header.end}, outside its name`);
  if (header.start > wanted.start) throw missing(wanted.start, key, `it begins at ledger ${header.start}`);
  let offset = header.offset;
  for (let sequence = header.start; sequence <= Math.min(header.end, wanted.end); sequence++) {
    const ledger = readLedger(bytes, offset, key, types);
    const actual = ledger.meta.value.ledgerHeader.header.ledgerSeq;
    if (actual !== sequence) throw misplaced(key, `ledger ${actual} in the place of ledger ${sequence}`);
    offset = ledger.meta.xdrEnd;
    if (sequence === header.end) assertEnd(bytes, offset, key);
    yield { sequence, ledger };
  }
  if (header.end < wanted.end) throw missing(header.end + 1, key, `it ends at ledger ${header.end}`);
}

function missing(ledger: number, object: string, why: string): ParquetryError {
  return new ParquetryError('LEDGER_MISSING', `Ledger ${ledger} is missing in the lake: ${object}, ${why}.`, {
    details: { ledger, object },
    hint: 'Put the object back or choose a range the lake holds, then retry.',
  });
}

function misplaced(object: string, what: string): ParquetryError {
  return new ParquetryError('SOURCE_CORRUPT', `The lake object ${object} holds ${what}.`, {
    details: { object },
    hint: 'Fetch the object again from its origin, then retry the partition.',
  });
}

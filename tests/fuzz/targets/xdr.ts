import { compress } from '@mongodb-js/zstd';
import {
  LedgerContext,
  assertEnd,
  checkLedger,
  checkLink,
  hex,
  isStellarType,
  readBatchHeader,
  stellarRows,
  stellarSchemas,
} from '@parquetry/stellar';
import { SAMPLE_NETWORK, writeSampleLake } from '@parquetry/sample';
import { ledgersOf } from '../../support/rpcnode';
import { readOrKeep } from '../../../libs/source/src/ledgers/keep';
import { decompressObject } from '../../../libs/source/src/zstd/object';
import { mutateBytes } from '../mutate';
import type { Random } from '../random';
import { type OpenTarget, type Target, demand } from '../target';

const TYPES = [...stellarSchemas.keys()].filter(isStellarType);
const LEDGERS = 24;

interface Sample {
  readonly sequence: number;
  readonly meta: Buffer;
  /** The hash of its header. */
  readonly hash: string;
}

/**
 * Objects of a ledger lake in memory: batches of one to three sample ledgers with damaged XDR (flipped bits, lengths,
 * cuts, copies) or damaged zstd frames. They are decompressed, decoded, proved and made into rows of all types; half of
 * the cases keep ledgers that are not known.
 *
 * Oracle: a batch is refused, or every ledger of it is there once, in order, with the header of the original, or is kept
 * with all of its bytes as unknown; all rows can be made. Refusals are SOURCE_CORRUPT, PROTOCOL_UNSUPPORTED,
 * CHAIN_BROKEN.
 */
export const xdr: Target = {
  name: 'xdr',
  ci: 700,
  open: async (dir) => {
    await writeSampleLake({ dir, ledgers: LEDGERS });
    const ledgers = (await ledgersOf(dir)).map(({ sequence, metadataXdr, hash }) => ({
      sequence,
      meta: Buffer.from(metadataXdr, 'base64'),
      hash,
    }));
    return { run: (random) => runCase(random, ledgers) } satisfies OpenTarget;
  },
};

async function runCase(random: Random, ledgers: readonly Sample[]): Promise<string | undefined> {
  const from = random.below(ledgers.length - 3);
  const wanted = ledgers.slice(from, from + 1 + random.below(3));
  const keep = random.chance(2);
  const bytes = await batchOf(random, wanted);
  const { start, end, offset } = readBatchHeader(bytes, 'object');
  demand(end - start < bytes.length / 4, () => `${end - start + 1} ledgers in ${bytes.length} bytes`);
  let at = offset;
  let unknown = 0;
  let last: string | undefined;
  for (let sequence = start; sequence <= end; sequence += 1) {
    const item = readOrKeep(bytes, at, 'object', TYPES, {
      sequence,
      last: sequence === end,
      unknown: keep ? 'keep' : undefined,
    });
    const known = wanted[sequence - start];
    if (item.ledger === undefined) {
      unknown += 1;
      demand(
        item.unknown.start === at && item.unknown.end <= bytes.length && item.unknown.end > at,
        () => 'lost bytes',
      );
      at = item.unknown.end;
      const { header } = item.unknown;
      if (header !== undefined) {
        checkLink(header.header, last);
        demand(hex(header.hash) === known?.hash, () => 'an unproved header');
      }
      last = header === undefined ? undefined : hex(header.hash);
      continue;
    }
    at = item.ledger.meta.xdrEnd;
    checkLedger(item.ledger, last);
    const { hash, header } = item.ledger.meta.value.ledgerHeader;
    last = hex(hash);
    // A hash that is right for other bytes can't be found by chance.
    demand(
      wanted.some((each) => each.hash === last && each.sequence === header.ledgerSeq),
      () => `ledger ${sequence} has the hash ${last}`,
    );
    const context = new LedgerContext(item.ledger, SAMPLE_NETWORK);
    for (const type of TYPES)
      for (const row of stellarRows(context, type)) demand(Object.keys(row).length > 0, () => 'an empty row');
  }
  assertEnd(bytes, at, 'object');
  return unknown > 0 ? 'UNKNOWN_XDR' : undefined;
}

async function batchOf(random: Random, ledgers: readonly Sample[]): Promise<Buffer> {
  const head = Buffer.alloc(12);
  head.writeUInt32BE(ledgers[0]?.sequence ?? 0);
  head.writeUInt32BE(ledgers.at(-1)?.sequence ?? 0, 4);
  head.writeUInt32BE(ledgers.length, 8);
  const bytes = Buffer.concat([head, ...ledgers.map(({ meta }) => meta)]);
  if (random.chance(20)) return bytes;
  if (!random.chance(5)) return mutateBytes(random, bytes);
  const frames = random.chance(2)
    ? [await compress(bytes, 1)]
    : [await compress(bytes.subarray(0, 100), 1), await compress(bytes.subarray(100), 1)];
  const packed = Buffer.concat(frames);
  return decompressObject(
    'object',
    random.chance(8) ? packed : mutateBytes(random, packed, 2),
    ledgers.length,
  );
}

import { xdr } from '@stellar/stellar-base';
import type { Planned } from './envelope';
import { BASE_FEE } from './envelope';
import { apply, isCall, plan } from './transactions';
import { int64, NO_EXTENSION, sha256, uint64 } from './values';
import { World } from './world';

const PROTOCOL = 23;
const TOTAL_COINS = 50_000_000_000_0000000n;

/** One closed ledger and its contents. */
export interface ClosedLedger {
  readonly sequence: number;
  /** Unix seconds. */
  readonly closeTime: bigint;
  readonly meta: xdr.LedgerCloseMeta;
  readonly transactions: number;
  readonly failed: number;
  readonly contractEvents: number;
}

/** What to simulate. */
export interface ChainOptions {
  readonly network: string;
  readonly seed: string;
  /** First ledger, at least 2. */
  readonly start: number;
  readonly count: number;
  /** Close time of ledger number `index`, Unix seconds; never falls. */
  readonly closeTime: (index: number) => bigint;
}

/**
 * Closes ledgers one by one, with one ledger in memory. All hashes are right: transactions, transaction set, results,
 * headers and their chain; signatures are valid. Only the bucket list hash is a substitute, a running hash over the
 * results, because it can't be recomputed from ledgers.
 */
export function* closeLedgers(options: ChainOptions): Generator<ClosedLedger> {
  const world = new World(options.network, options.seed, options.start);
  let previous = world.random.bytes(32);
  let buckets = world.random.bytes(32);
  let feePool = 0n;
  for (let index = 0; index < options.count; index += 1) {
    const sequence = options.start + index;
    const closeTime = options.closeTime(index);
    world.state.sequence = sequence;
    const size = world.random.chance(8) ? 0 : 3 + world.random.below(8);
    const planned = plan(world, size, closeTime);
    const set = transactionSet(planned, previous);
    const applied = apply(world, planned, closeTime);
    feePool += applied.reduce((sum, { charged }) => sum + charged, 0n);
    const results = new xdr.TransactionResultSet({ results: applied.map(({ meta }) => meta.result()) });
    const resultHash = sha256(results.toXDR());
    buckets = sha256(buckets, resultHash);
    const header = headerOf(world, {
      ...{ sequence, previous, closeTime, resultHash, buckets, feePool },
      setHash: sha256(set.toXDR()),
    });
    const hash = sha256(header.toXDR());
    const meta = new xdr.LedgerCloseMetaV2({
      ext: new xdr.LedgerCloseMetaExt(
        1,
        new xdr.LedgerCloseMetaExtV1({ ext: NO_EXTENSION, sorobanFeeWrite1Kb: int64(3_500n) }),
      ),
      ledgerHeader: new xdr.LedgerHeaderHistoryEntry({
        hash,
        header,
        ext: new xdr.LedgerHeaderHistoryEntryExt(0),
      }),
      txSet: set,
      txProcessing: applied.map((each) => each.meta),
      upgradesProcessing: [],
      scpInfo: [],
      totalByteSizeOfLiveSorobanState: uint64(BigInt(world.state.sorobanBytes)),
      evictedKeys: [],
    });
    previous = hash;
    yield {
      sequence,
      closeTime,
      meta: new xdr.LedgerCloseMeta(2, meta),
      transactions: applied.length,
      failed: applied.filter((each) => !each.successful).length,
      contractEvents: applied.reduce((sum, each) => sum + eventCount(each.meta), 0),
    };
  }
}

interface HeaderParts {
  readonly sequence: number;
  readonly previous: Buffer;
  readonly closeTime: bigint;
  readonly setHash: Buffer;
  readonly resultHash: Buffer;
  readonly buckets: Buffer;
  readonly feePool: bigint;
}

function headerOf(world: World, parts: HeaderParts): xdr.LedgerHeader {
  const closeTime = uint64(parts.closeTime);
  const tag = Buffer.alloc(4);
  tag.writeInt32BE(xdr.EnvelopeType.envelopeTypeScpvalue().value);
  const signed = Buffer.concat([world.networkId, tag, parts.setHash, closeTime.toXDR()]);
  return new xdr.LedgerHeader({
    ledgerVersion: PROTOCOL,
    previousLedgerHash: parts.previous,
    scpValue: new xdr.StellarValue({
      txSetHash: parts.setHash,
      closeTime,
      upgrades: [],
      ext: xdr.StellarValueExt.stellarValueSigned(
        new xdr.LedgerCloseValueSignature({
          nodeId: world.validator.xdrPublicKey(),
          signature: world.validator.sign(signed),
        }),
      ),
    }),
    txSetResultHash: parts.resultHash,
    bucketListHash: parts.buckets,
    ledgerSeq: parts.sequence,
    totalCoins: int64(TOTAL_COINS),
    feePool: int64(parts.feePool),
    inflationSeq: 0,
    idPool: uint64(0n),
    baseFee: Number(BASE_FEE),
    baseReserve: 5_000_000,
    maxTxSetSize: 1_000,
    skipList: Array.from({ length: 4 }, () => Buffer.alloc(32)),
    ext: new xdr.LedgerHeaderExt(0),
  });
}

/** The set orders transactions by hash, not by the order in which they are applied. */
function transactionSet(
  planned: readonly Planned[],
  previousLedgerHash: Buffer,
): xdr.GeneralizedTransactionSet {
  const sorted = [...planned].sort((a, b) => Buffer.compare(a.hash, b.hash));
  const classic = sorted.filter((each) => !isCall(each)).map(({ envelope }) => envelope);
  const calls = sorted.filter(isCall).map(({ envelope }) => envelope);
  const baseFee = int64(BASE_FEE);
  const component = new xdr.TxSetComponentTxsMaybeDiscountedFee({ baseFee, txes: classic });
  const phases = [
    new xdr.TransactionPhase(
      0,
      classic.length === 0 ? [] : [xdr.TxSetComponent.txsetCompTxsMaybeDiscountedFee(component)],
    ),
    new xdr.TransactionPhase(
      1,
      new xdr.ParallelTxsComponent({ baseFee, executionStages: calls.length === 0 ? [] : [[calls]] }),
    ),
  ];
  return new xdr.GeneralizedTransactionSet(1, new xdr.TransactionSetV1({ previousLedgerHash, phases }));
}

function eventCount(meta: xdr.TransactionResultMetaV1): number {
  const applied = meta.txApplyProcessing().v4();
  const inOperations = applied.operations().map((operation) => operation.events().length);
  return inOperations.reduce((sum, count) => sum + count, applied.events().length);
}

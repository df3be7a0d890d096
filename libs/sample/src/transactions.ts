import { Memo, xdr } from '@stellar/stellar-base';
import type { Account } from './account';
import type { Effect } from './action';
import { invoke, trap } from './call';
import { randomCall } from './contracts';
import type { Planned } from './envelope';
import { randomMemo, sign } from './envelope';
import { overdraft, payment } from './payment';
import { address, contractEvent, int64, integer, NO_EXTENSION, symbol } from './values';
import type { World } from './world';

/** Share of transactions, in percent, by what they do; the rest call contracts. */
const CLASSIC = 45;
const OVERDRAFTS = 5;
const TRAPS = 5;
const FEE_BUMPS = 12;

/** A transaction while its ledger closes. */
interface InProgress {
  readonly planned: Planned;
  readonly feeChanges: readonly xdr.LedgerEntryChange[];
  before: readonly xdr.LedgerEntryChange[];
  effects: readonly Effect[];
  refund: bigint;
  refundChanges: readonly xdr.LedgerEntryChange[];
}

/** A transaction that was applied. */
export interface Applied {
  readonly planned: Planned;
  readonly meta: xdr.TransactionResultMetaV1;
  readonly successful: boolean;
  /** The part of the fee that the network keeps, in stroops. */
  readonly charged: bigint;
}

/** Chooses and signs transactions of different accounts, in the order in which they will be applied. */
export function plan(world: World, count: number, closeTime: bigint): Planned[] {
  world.vaultReserved = 0n;
  const sources = world.random.shuffle(world.accounts).slice(0, count);
  const planned = sources.map((source) => planOne(world, source, closeTime));
  // Classic transactions are applied before contract calls.
  const calls = planned.filter(isCall);
  return [...planned.filter((each) => !isCall(each)), ...calls];
}

/** True for a transaction that calls a contract. */
export function isCall(planned: Planned): boolean {
  return planned.actions[0]?.footprint !== undefined;
}

/** Applies transactions as the network does: all fees, then one after the other, then all refunds. */
export function apply(world: World, transactions: readonly Planned[], closeTime: bigint): Applied[] {
  const inProgress = transactions.map((planned) => takeFee(world, planned));
  for (const each of inProgress) applyOne(world, each, closeTime);
  for (const each of inProgress) if (isCall(each.planned)) refund(world, each);
  return inProgress.map((each) => ({
    planned: each.planned,
    meta: metaOf(world, each),
    successful: succeeded(each),
    charged: each.planned.fee - each.refund,
  }));
}

function planOne(world: World, source: Account, closeTime: bigint): Planned {
  const kind = world.random.below(100);
  if (kind < OVERDRAFTS)
    return sign(world, { source, memo: Memo.none(), actions: [overdraft(world, source)] });
  if (kind < OVERDRAFTS + TRAPS)
    return sign(world, { source, memo: Memo.none(), actions: [trap(randomCall(world, source))] });
  if (kind >= OVERDRAFTS + TRAPS + CLASSIC)
    return sign(world, { source, memo: Memo.none(), actions: [invoke(randomCall(world, source))] });
  const memo = randomMemo(world);
  const operations = world.random.chance(25) ? 1 + world.random.below(4) : 1;
  return sign(world, {
    source,
    memo,
    actions: Array.from({ length: operations }, () => payment(world, source, memo)),
    ...(world.random.chance(FEE_BUMPS) ? { sponsor: world.other(source) } : {}),
    ...(world.random.chance(50) ? { validUntil: closeTime + 300n } : {}),
  });
}

function takeFee(world: World, planned: Planned): InProgress {
  planned.feeSource.balance -= planned.fee;
  const feeChanges = world.state.put(planned.feeSource.entry());
  return { planned, feeChanges, before: [], effects: [], refund: 0n, refundChanges: [] };
}

function applyOne(world: World, each: InProgress, closeTime: bigint): void {
  const { source, sequence, actions } = each.planned;
  source.consume(sequence, world.state.sequence, closeTime);
  each.before = world.state.put(source.entry());
  each.effects = actions.map((action) => action.apply());
}

function refund(world: World, each: InProgress): void {
  const { feeSource, resourceFee } = each.planned;
  each.refund = resourceFee / world.random.between(3n, 9n);
  feeSource.balance += each.refund;
  each.refundChanges = world.state.put(feeSource.entry());
}

function succeeded(each: InProgress): boolean {
  return each.effects.every((effect) => effect.successful);
}

function metaOf(world: World, each: InProgress): xdr.TransactionResultMetaV1 {
  return new xdr.TransactionResultMetaV1({
    ext: NO_EXTENSION,
    result: new xdr.TransactionResultPair({
      transactionHash: each.planned.hash,
      result: resultOf(each),
    }),
    feeProcessing: [...each.feeChanges],
    txApplyProcessing: new xdr.TransactionMeta(4, applyMeta(world, each)),
    postTxApplyFeeProcessing: [...each.refundChanges],
  });
}

function applyMeta(world: World, each: InProgress): xdr.TransactionMetaV4 {
  return new xdr.TransactionMetaV4({
    ext: NO_EXTENSION,
    txChangesBefore: [...each.before],
    // A failed transaction keeps none of its operations' changes.
    operations: succeeded(each) ? each.effects.map(operationMeta) : [],
    txChangesAfter: [],
    sorobanMeta: isCall(each.planned) ? sorobanMeta(each) : null,
    events: feeEvents(world, each),
    diagnosticEvents: each.effects.flatMap((effect) => effect.diagnostics ?? []),
  });
}

function operationMeta(effect: Effect): xdr.OperationMetaV2 {
  return new xdr.OperationMetaV2({
    ext: NO_EXTENSION,
    changes: [...effect.changes],
    events: [...effect.events],
  });
}

function sorobanMeta(each: InProgress): xdr.SorobanTransactionMetaV2 {
  const used = each.planned.resourceFee - each.refund;
  const rent = used / 5n;
  const fixed = used / 2n;
  const fees = new xdr.SorobanTransactionMetaExtV1({
    ext: NO_EXTENSION,
    totalNonRefundableResourceFeeCharged: int64(fixed),
    totalRefundableResourceFeeCharged: int64(used - fixed),
    rentFeeCharged: int64(rent),
  });
  return new xdr.SorobanTransactionMetaV2({
    ext: new xdr.SorobanTransactionMetaExt(1, fees),
    returnValue: each.effects[0]?.returnValue ?? null,
  });
}

/** Since protocol 23 fees and refunds are events of the native asset's contract. */
function feeEvents(world: World, each: InProgress): xdr.TransactionEvent[] {
  const { feeSource, fee } = each.planned;
  const event = (stage: xdr.TransactionEventStage, amount: bigint): xdr.TransactionEvent =>
    new xdr.TransactionEvent({
      stage,
      event: contractEvent(
        world.contracts.native,
        [symbol('fee'), address(feeSource.id)],
        integer('i128', amount),
      ),
    });
  const stage = xdr.TransactionEventStage;
  const taken = event(stage.transactionEventStageBeforeAllTxes(), fee);
  if (each.refund === 0n) return [taken];
  return [taken, event(stage.transactionEventStageAfterAllTxes(), -each.refund)];
}

function resultOf(each: InProgress): xdr.TransactionResult {
  const { innerHash, fee } = each.planned;
  const results = each.effects.map((effect) => effect.result);
  const ext = new xdr.TransactionResultExt(0);
  const feeCharged = int64(fee - each.refund);
  if (innerHash === undefined) {
    const outcome = xdr.TransactionResultResult;
    const result = succeeded(each) ? outcome.txSuccess(results) : outcome.txFailed(results);
    return new xdr.TransactionResult({ feeCharged, result, ext });
  }
  const inner = xdr.InnerTransactionResultResult;
  const pair = new xdr.InnerTransactionResultPair({
    transactionHash: innerHash,
    result: new xdr.InnerTransactionResult({
      feeCharged: int64(0n),
      result: succeeded(each) ? inner.txSuccess(results) : inner.txFailed(results),
      ext: new xdr.InnerTransactionResultExt(0),
    }),
  });
  const bumped = xdr.TransactionResultResult;
  const result = succeeded(each) ? bumped.txFeeBumpInnerSuccess(pair) : bumped.txFeeBumpInnerFailed(pair);
  return new xdr.TransactionResult({ feeCharged, result, ext });
}

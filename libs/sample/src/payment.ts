import { Asset, type Memo, xdr } from '@stellar/stellar-base';
import type { Account } from './account';
import type { Action, Effect } from './action';
import { operation } from './action';
import { address, contractEvent, int64, integer, struct, symbol, text } from './values';
import type { World } from './world';

/**
 * A payment in the native asset or in dollars. Since protocol 23 it also emits the transfer event of the asset's
 * contract; with a memo, the event's data has the memo and the amount.
 */
export function payment(world: World, from: Account, memo: Memo): Action {
  const native = world.random.chance(60);
  const asset = native ? Asset.native() : world.dollar;
  const to = world.other(from);
  const amount = world.random.between(1n, (native ? from.balance : from.dollars) / 200n);
  return {
    operation: paymentOperation(to, asset, amount),
    apply: () => ({
      successful: true,
      result: result(xdr.PaymentResult.paymentSuccess()),
      changes: move(world, from, to, native, amount),
      events: [transferEvent(world, native, from.id, to.id, amount, memo)],
    }),
  };
}

/** A payment of more dollars than the account has: it fails and changes nothing. */
export function overdraft(world: World, from: Account): Action {
  const failed: Effect = {
    successful: false,
    result: result(xdr.PaymentResult.paymentUnderfunded()),
    changes: [],
    events: [],
  };
  const amount = from.dollars * 3n + 1n;
  return {
    operation: paymentOperation(world.other(from), world.dollar, amount),
    apply: () => failed,
  };
}

function paymentOperation(to: Account, asset: Asset, amount: bigint): xdr.Operation {
  const destination = to.muxed();
  return operation(
    xdr.OperationBody.payment(
      new xdr.PaymentOp({ destination, asset: asset.toXDRObject(), amount: int64(amount) }),
    ),
  );
}

function move(
  world: World,
  from: Account,
  to: Account,
  native: boolean,
  amount: bigint,
): xdr.LedgerEntryChange[] {
  if (native) {
    from.balance -= amount;
    to.balance += amount;
    return [from, to].flatMap((account) => world.state.put(account.entry()));
  }
  from.dollars -= amount;
  to.dollars += amount;
  return [from, to].flatMap((account) => world.state.put(account.trustLine(world.dollar)));
}

function transferEvent(
  world: World,
  native: boolean,
  from: string,
  to: string,
  amount: bigint,
  memo: Memo,
): xdr.ContractEvent {
  const contract = native ? world.contracts.native : world.contracts.dollar;
  const name = native ? 'native' : `${world.dollar.getCode()}:${world.dollar.getIssuer()}`;
  const value = integer('i128', amount);
  const memoValue = memoAsValue(memo);
  return contractEvent(
    contract,
    [symbol('transfer'), address(from), address(to), text(name)],
    memoValue === undefined ? value : struct({ amount: value, to_muxed_id: memoValue }),
  );
}

function memoAsValue(memo: Memo): xdr.ScVal | undefined {
  const body = memo.toXDRObject();
  switch (body.switch()) {
    case xdr.MemoType.memoText():
      return text(body.text().toString());
    case xdr.MemoType.memoId():
      return integer('u64', body.id().toBigInt());
    case xdr.MemoType.memoHash():
      return xdr.ScVal.scvBytes(body.hash());
    default:
      return undefined;
  }
}

function result(payment: xdr.PaymentResult): xdr.OperationResult {
  return xdr.OperationResult.opInner(xdr.OperationResultTr.payment(payment));
}

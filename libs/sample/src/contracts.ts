import { Address, xdr } from '@stellar/stellar-base';
import type { Account } from './account';
import type { Call } from './call';
import { keysOf } from './call';
import { contractData } from './state';
import { address, contractEvent, integer, mapEntries, struct, symbol, text, vector } from './values';
import type { World } from './world';

const FEEDS = ['XLM', 'BTC', 'ETH', 'EURC'];

/** Rounds that a price stays before the feed removes it. */
const KEPT_ROUNDS = 6n;

/** A call of one of the sample's contracts by this account. */
export function randomCall(world: World, by: Account): Call {
  const kind = world.random.below(10);
  if (kind < 3) return vaultTransfer(world, by);
  if (kind < 7) return tokenCall(world, by);
  return setPrice(world, by);
}

/**
 * Dollars into the vault (a contract) or back: the account's side is a trust line, the vault's side an entry of the
 * asset's contract, `["Balance", C…]` → `{amount, authorized, clawback}`.
 */
function vaultTransfer(world: World, by: Account): Call {
  const { vault, dollar } = world.contracts;
  const free = world.vaultDollars - world.vaultReserved;
  const back = free > 0n && world.random.chance(40);
  const limit = back ? free : by.dollars / 50n;
  const amount = back && world.random.chance(20) ? limit : world.random.between(1n, limit);
  if (back) world.vaultReserved += amount;
  const [from, to] = back ? [vault, by.id] : [by.id, vault];
  const key = vector(symbol('Balance'), address(vault));
  const entry = (): xdr.ContractDataEntry =>
    contractData(
      scAddress(dollar),
      key,
      struct({
        amount: integer('i128', world.vaultDollars),
        authorized: xdr.ScVal.scvBool(true),
        clawback: xdr.ScVal.scvBool(false),
      }),
    );
  const name = text(`${world.dollar.getCode()}:${world.dollar.getIssuer()}`);
  return {
    contract: dollar,
    name: 'transfer',
    args: [address(from), address(to), integer('i128', amount)],
    writes: [by.trustLineKey(world.dollar), ...keysOf(entry())],
    diagnostics: world.random.chance(30),
    apply: () => {
      world.vaultDollars += back ? -amount : amount;
      by.dollars += back ? amount : -amount;
      return {
        changes: [...world.state.put(by.trustLine(world.dollar)), ...world.state.putContractData(entry())],
        events: [
          contractEvent(
            dollar,
            [symbol('transfer'), address(from), address(to), name],
            integer('i128', amount),
          ),
        ],
        returnValue: xdr.ScVal.scvVoid(),
      };
    },
  };
}

/** Mints or moves the token with 18 decimals: balances and supply are far above 2^64. */
function tokenCall(world: World, by: Account): Call {
  const held = world.tokens.get(by.id);
  return held === undefined || world.random.chance(15) ? mint(world, by) : tokenTransfer(world, by);
}

function mint(world: World, to: Account): Call {
  const { token } = world.contracts;
  const amount = world.random.between(10n ** 21n, 10n ** 27n);
  return {
    contract: token,
    name: 'mint',
    args: [address(to.id), integer('i128', amount)],
    writes: keysOf(balance(world, to.id), tokenInstance(world)),
    diagnostics: world.random.chance(30),
    apply: () => {
      world.tokens.set(to.id, (world.tokens.get(to.id) ?? 0n) + amount);
      world.tokenSupply += amount;
      return {
        changes: [
          ...world.state.putContractData(balance(world, to.id)),
          ...world.state.putContractData(tokenInstance(world)),
        ],
        events: [contractEvent(token, [symbol('mint'), address(to.id)], integer('i128', amount))],
        returnValue: integer('i128', world.tokenSupply),
      };
    },
  };
}

/** A transfer of the whole balance removes the holder's entry. */
function tokenTransfer(world: World, from: Account): Call {
  const { token } = world.contracts;
  const to = world.other(from);
  const all = world.random.chance(25);
  const planned = world.tokens.get(from.id) ?? 0n;
  const amount = all ? planned : world.random.between(1n, planned);
  return {
    contract: token,
    name: 'transfer',
    args: [address(from.id), address(to.id), integer('i128', amount)],
    writes: keysOf(balance(world, from.id), balance(world, to.id)),
    diagnostics: world.random.chance(30),
    apply: () => {
      const left = (world.tokens.get(from.id) ?? 0n) - amount;
      const changes = [];
      if (left === 0n) {
        changes.push(...world.state.removeContractData(balance(world, from.id)));
        world.tokens.delete(from.id);
      } else {
        world.tokens.set(from.id, left);
        changes.push(...world.state.putContractData(balance(world, from.id)));
      }
      world.tokens.set(to.id, (world.tokens.get(to.id) ?? 0n) + amount);
      changes.push(...world.state.putContractData(balance(world, to.id)));
      return {
        changes,
        events: [
          contractEvent(
            token,
            [symbol('transfer'), address(from.id), address(to.id)],
            integer('i128', amount),
          ),
        ],
        returnValue: xdr.ScVal.scvVoid(),
      };
    },
  };
}

/** A new price: creates a temporary entry, removes an old one, and increments the round in the instance. */
function setPrice(world: World, by: Account): Call {
  const { prices } = world.contracts;
  const feed = world.random.pick(FEEDS);
  const price = world.random.between(2n ** 64n, 2n ** 100n);
  const volume = world.random.between(2n ** 127n, 2n ** 128n - 1n);
  const proof = world.random.bytes(32);
  const round = world.rounds;
  world.rounds += 1n;
  const value = struct({
    at: integer('u64', BigInt(world.state.sequence)),
    exponent: integer('u32', 18n),
    price: integer('u128', price),
    proof: xdr.ScVal.scvBytes(proof),
    source: text(`feed "${feed.toLowerCase()}" · round ${round}`),
    volume: integer('u256', volume * volume),
  });
  const instance = contractData(
    scAddress(prices),
    xdr.ScVal.scvLedgerKeyContractInstance(),
    instanceOf(world, { admin: address(by.id), round: integer('u64', round) }),
  );
  const old = priceEntry(world, round - KEPT_ROUNDS, xdr.ScVal.scvVoid());
  const fresh = priceEntry(world, round, value);
  const writes = round < KEPT_ROUNDS ? keysOf(fresh, instance) : keysOf(fresh, instance, old);
  return {
    contract: prices,
    name: 'set_price',
    args: [symbol(feed), integer('u128', price)],
    writes,
    diagnostics: world.random.chance(30),
    apply: () => ({
      changes: [
        ...world.state.putContractData(fresh),
        ...world.state.putContractData(instance),
        ...world.state.removeContractData(old),
      ],
      events: [contractEvent(prices, [symbol('price'), symbol(feed), integer('u64', round)], value)],
      returnValue: integer('u64', round),
    }),
  };
}

function priceEntry(world: World, round: bigint, value: xdr.ScVal): xdr.ContractDataEntry {
  const number = integer('u64', round < 0n ? 2n ** 64n + round : round);
  const key = vector(symbol('Price'), number);
  return contractData(scAddress(world.contracts.prices), key, value, 'temporary');
}

function balance(world: World, holder: string): xdr.ContractDataEntry {
  return contractData(
    scAddress(world.contracts.token),
    vector(symbol('Balance'), address(holder)),
    integer('i128', world.tokens.get(holder) ?? 0n),
  );
}

function tokenInstance(world: World): xdr.ContractDataEntry {
  const fields = {
    decimals: integer('u32', 18n),
    name: text('Sample Token'),
    supply: integer('i128', world.tokenSupply),
    symbol: text('SMPL'),
  };
  const key = xdr.ScVal.scvLedgerKeyContractInstance();
  return contractData(scAddress(world.contracts.token), key, instanceOf(world, fields));
}

function instanceOf(world: World, storage: Readonly<Record<string, xdr.ScVal>>): xdr.ScVal {
  return xdr.ScVal.scvContractInstance(
    new xdr.ScContractInstance({
      executable: xdr.ContractExecutable.contractExecutableWasm(world.code),
      storage: mapEntries(storage),
    }),
  );
}

function scAddress(contract: string): xdr.ScAddress {
  return Address.fromString(contract).toScAddress();
}

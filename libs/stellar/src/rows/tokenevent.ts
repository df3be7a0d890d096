import { addressText } from '../sep51';
import { isText } from '../bytes';
import { muxedStrkey } from '../strkey';
import type { ContractEvent, ScAddress, ScVal } from '../xdr/types';
import { isSymbol } from './assetid';
import type { AssetText } from './assettext';
import type { AssetContracts } from './tokenasset';

/** A decoded token event (SEP-41, CAP-67). */
export interface Transfer {
  readonly topic: 'transfer' | 'mint' | 'burn' | 'clawback' | 'fee';
  readonly from: string | null;
  readonly to: string | null;
  /** In the smallest unit of the token; negative for a refund. */
  readonly amount: bigint;
  /** The classic asset behind the contract; undefined for other tokens. */
  readonly asset: AssetText | undefined;
  /** The multiplexed receiver, M…, and its id. */
  readonly toMuxed: string | null;
  readonly toMuxedId: string | null;
}

/** An amount, and the id that multiplexes the receiver. */
interface Amount {
  readonly amount: bigint;
  readonly muxedId: bigint | undefined;
}

/** The fee of a transaction, or its refund: an event of the native asset's contract. Undefined for any other event. */
export function readFee(event: ContractEvent, assets: AssetContracts): Transfer | undefined {
  const { topics, data } = event.body.value;
  const [name, from] = topics;
  if (event.contractId === undefined || name === undefined || topics.length > 2) return undefined;
  if (!isSymbol(name, 'fee')) return undefined;
  const asset = assets.asset(event.contractId, NATIVE_NAME);
  const amount = int128(data);
  const payer = addressOf(from);
  if (asset === undefined || amount === undefined || payer === undefined) return undefined;
  return { ...NO_PARTIES, topic: 'fee', from: addressText(payer), amount, asset };
}

const NATIVE_NAME = Buffer.from('native', 'latin1');
const NO_PARTIES = { from: null, to: null, toMuxed: null, toMuxedId: null } as const;

/**
 * A transfer, mint, burn or clawback. `unified`: the format since meta version 4. In the older format, mint and
 * clawback name the administrator first, and asset contracts emit a transfer when the issuer pays or is paid.
 */
export function readTransfer(
  event: ContractEvent,
  unified: boolean,
  assets: AssetContracts,
): Transfer | undefined {
  if (event.type !== 'contract' || event.contractId === undefined) return undefined;
  const { topics, data } = event.body.value;
  const topic = topicOf(topics[0]);
  if (topic === undefined) return undefined;
  const administrator = !unified && (topic === 'mint' || topic === 'clawback');
  const skip = administrator ? 2 : 1;
  if (administrator && addressOf(topics[1]) === undefined) return undefined;
  const first = addressOf(topics[skip]);
  const second = topic === 'transfer' ? addressOf(topics[skip + 1]) : undefined;
  if (first === undefined || (topic === 'transfer' && second === undefined)) return undefined;
  const amount = amountOf(data, unified);
  if (amount === undefined) return undefined;
  const asset = assetOf(event.contractId, topics, topic === 'transfer' || administrator ? 4 : 3, assets);
  const receiver = topic === 'mint' ? first : second;
  const transfer: Transfer = {
    topic,
    from: topic === 'mint' ? null : addressText(first),
    to: receiver === undefined ? null : addressText(receiver),
    amount: amount.amount,
    asset,
    toMuxed: muxedOf(receiver, amount.muxedId),
    toMuxedId: amount.muxedId === undefined ? null : String(amount.muxedId),
  };
  return unified ? transfer : withIssuer(transfer);
}

const TOPICS = ['transfer', 'mint', 'burn', 'clawback'] as const;

function topicOf(name: ScVal | undefined): (typeof TOPICS)[number] | undefined {
  return name?.type === 'scvSymbol' ? TOPICS.find((topic) => isText(name.value, topic)) : undefined;
}

/** A payment from the issuer is a mint, a payment to the issuer a burn; from the issuer to itself, a transfer. */
function withIssuer(transfer: Transfer): Transfer {
  const { topic, asset, from, to } = transfer;
  if (topic !== 'transfer' || asset === undefined || asset.type === 'native') return transfer;
  if ((from === asset.issuer) === (to === asset.issuer)) return transfer;
  return from === asset.issuer
    ? { ...transfer, topic: 'mint', from: null }
    : { ...transfer, topic: 'burn', to: null };
}

/** The asset that the last of exactly `count` topics names. */
function assetOf(
  contract: Uint8Array,
  topics: readonly ScVal[],
  count: number,
  assets: AssetContracts,
): AssetText | undefined {
  const name = topics.length === count ? topics[count - 1] : undefined;
  return name?.type === 'scvString' ? assets.asset(contract, name.value) : undefined;
}

/** The amount alone, or (since meta version 4) a map of the amount and the receiver's id. */
function amountOf(data: ScVal, unified: boolean): Amount | undefined {
  if (data.type !== 'scvMap' || !unified) {
    const amount = int128(data);
    return amount === undefined ? undefined : { amount, muxedId: undefined };
  }
  let amount: bigint | undefined;
  let muxedId: bigint | undefined;
  for (const { key, val } of data.value ?? []) {
    if (key.type !== 'scvSymbol') return undefined;
    if (isText(key.value, 'amount')) {
      amount = int128(val);
      if (amount === undefined) return undefined;
    } else if (isText(key.value, 'to_muxed_id')) {
      if (!MUXED_ID_TYPES.has(val.type)) return undefined;
      if (val.type === 'scvU64') muxedId = val.value;
    }
  }
  return amount === undefined ? undefined : { amount, muxedId };
}

/** An id, a hash or a text of a memo, or none. */
const MUXED_ID_TYPES: ReadonlySet<string> = new Set(['scvU64', 'scvBytes', 'scvString', 'scvVoid']);

function muxedOf(receiver: ScAddress | undefined, id: bigint | undefined): string | null {
  if (id === undefined || receiver?.type !== 'scAddressTypeAccount') return null;
  return muxedStrkey({ id, ed25519: receiver.value.value });
}

function int128(value: ScVal): bigint | undefined {
  if (value.type !== 'scvI128') return undefined;
  const { hi, lo } = value.value;
  return hi === 0n ? lo : (hi << 64n) | lo;
}

function addressOf(value: ScVal | undefined): ScAddress | undefined {
  return value?.type === 'scvAddress' ? value.value : undefined;
}

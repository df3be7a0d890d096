import { addressText } from '../sep51';
import type { ContractEvent, ScAddress, ScVal } from '../xdr/types';
import { isSymbol } from './assetid';
import type { AppliedOperation } from './operation';
import { AssetContracts } from './tokenasset';
import type { AssetText } from './assettext';

/** A movement of a Stellar asset that its contract reported. */
export interface AssetEvent {
  readonly type: 'transfer' | 'mint' | 'clawback' | 'burn';
  readonly asset: AssetText;
  /** Whose balance fell; undefined for mint. */
  readonly from: string | undefined;
  /** Whose balance grew; undefined for clawback and burn. */
  readonly to: string | undefined;
  /** Amount in stroops, 128 bits. */
  readonly amount: bigint;
}

/** The asset events of an operation, in order. Diagnostic events are not used, because not every node records them. */
export function assetEvents(at: AppliedOperation): AssetEvent[] {
  const { network } = at.ledger;
  return operationEvents(at).flatMap((event) => assetEvent(event, network) ?? []);
}

function operationEvents(at: AppliedOperation): readonly ContractEvent[] {
  const meta = at.transaction.processing.txApplyProcessing;
  if (meta.type === 4) return meta.value.operations[at.index]?.events ?? [];
  return meta.type === 3 ? (meta.value.sorobanMeta?.events ?? []) : [];
}

/** The event as an asset event; undefined for any other event, including one that imitates an asset event. */
function assetEvent(event: ContractEvent, network: Buffer): AssetEvent | undefined {
  if (event.type !== 'contract' || event.contractId === undefined) return undefined;
  const { topics, data } = event.body.value;
  const [name, ...rest] = topics;
  const last = rest.pop();
  const type = name === undefined ? undefined : TYPES.find((each) => isSymbol(name, each));
  if (type === undefined || last?.type !== 'scvString') return undefined;
  const amount = eventAmount(data);
  const addresses = rest.map(addressOf);
  if (amount === undefined || addresses.includes(undefined)) return undefined;
  const asset = AssetContracts.of(network).asset(event.contractId, last.value);
  if (asset === undefined) return undefined;
  const [first, second, ...more] = addresses.map((address) => addressText(address as ScAddress));
  const [from, to] = type === 'mint' ? [undefined, second ?? first] : sides(type, first, second);
  const wanted = type === 'transfer' ? from !== undefined && to !== undefined : (from ?? to) !== undefined;
  if (!wanted || more.length > 0 || (type === 'burn' && second !== undefined)) return undefined;
  return { type, asset, from, to, amount };
}

const TYPES = ['transfer', 'mint', 'clawback', 'burn'] as const;

/** Before protocol 23, mint and clawback name the administrator first. */
function sides(
  type: 'transfer' | 'clawback' | 'burn',
  first: string | undefined,
  second: string | undefined,
): readonly [string | undefined, string | undefined] {
  if (type === 'transfer') return [first, second];
  return [type === 'clawback' ? (second ?? first) : first, undefined];
}

function addressOf(topic: ScVal): ScAddress | undefined {
  return topic.type === 'scvAddress' ? topic.value : undefined;
}

/** The amount: the data itself or, since protocol 23, the map member `amount` next to a multiplexing id. */
function eventAmount(data: ScVal): bigint | undefined {
  if (data.type === 'scvI128') return (data.value.hi << 64n) | data.value.lo;
  if (data.type !== 'scvMap') return undefined;
  const member = data.value?.find(({ key }) => isSymbol(key, 'amount'))?.val;
  return member?.type === 'scvI128' ? (member.value.hi << 64n) | member.value.lo : undefined;
}

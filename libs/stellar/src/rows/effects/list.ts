import { accountStrkey, accountText, muxedText } from '../../strkey';
import type { Asset } from '../../xdr/operations';
import type { MuxedAccount } from '../../xdr/types';
import { type Details, fitAmount } from '../details';
import type { AppliedOperation } from '../operation';
import { assetNames, putAsset } from '../put';
import type { Row } from '../row';
import { EFFECT_TYPES, type EffectName } from './types';

const ASSET = assetNames('');

/** The effects of one operation, in order. */
export class EffectList {
  readonly rows: Row[] = [];
  private readonly idText: string;

  constructor(readonly at: AppliedOperation) {
    this.idText = String(at.id);
  }

  /** An effect on the operation's source. */
  source(type: EffectName, details: Details): void {
    this.account(type, this.at.source, details);
  }

  /** An effect on an account, plain or multiplexed. */
  account(type: EffectName, account: MuxedAccount, details: Details): void {
    this.add(type, accountText(account), muxedText(account), details);
  }

  /** An effect on the account with this key. */
  key(type: EffectName, key: Uint8Array, details: Details): void {
    this.add(type, accountStrkey(key), null, details);
  }

  /** An effect on an address. */
  add(type: EffectName, address: string, muxed: string | null, details: Details): void {
    const { code, json } = EFFECT_TYPES[type];
    const index = this.rows.length;
    const text = json(details);
    fitAmount(details);
    this.rows.push({
      address,
      address_muxed: muxed,
      operation_id: this.at.id,
      details,
      type: code,
      type_string: type,
      closed_at: this.at.ledger.closedAt,
      ledger_sequence: this.at.ledger.sequence,
      index,
      id: `${this.idText}-${index}`,
      details_json: text,
    });
  }
}

/** Details of a movement: amount in stroops and asset. */
export function movement(amount: bigint, asset: Asset): Details {
  const details: Details = { amount };
  putAsset(details, ASSET, asset);
  return details;
}

/** A movement of lumens. */
export function lumens(amount: bigint): Details {
  return { amount, asset_type: 'native' };
}

import { hex } from '../bytes';
import { accountStrkey, claimableBalanceStrkey } from '../strkey';
import { entryChanges } from './changes';
import type { LedgerContext } from './context';
import { entryColumns, sponsorText } from './entrycolumns';
import type { ClaimableBalanceEntry } from '../xdr/entries';
import { predicateJson } from './predicate';
import type { Row } from './row';
import { assetText } from './assettext';

/** The rows of `claimable_balances`. */
export function* claimableBalanceRows(context: LedgerContext): Generator<Row> {
  for (const change of entryChanges(context, 'claimableBalance')) {
    const { data, entry, held } = change;
    const asset = assetText(data.asset);
    const claimants = data.claimants.map(({ value: { destination, predicate } }) => {
      const account = accountStrkey(destination.value);
      return `{"destination":"${account}","predicate":${predicateJson(predicate)}}`;
    });
    yield {
      // The XDR of the id: its type, which is 0, then the hash.
      balance_id: `00000000${hex(data.balanceId.value)}`,
      claimants: `[${claimants.join(',')}]`,
      asset_code: asset.code,
      asset_issuer: asset.issuer,
      asset_type: asset.type,
      asset_id: asset.id,
      asset_amount: data.amount,
      sponsor: sponsorText(entry),
      flags: data.ext.type === 1 ? data.ext.value.flags : 0,
      ...entryColumns(context, change),
      balance_id_strkey: claimableBalanceStrkey(data.balanceId.value),
      previous_asset_amount: held === undefined ? null : (held.data.value as ClaimableBalanceEntry).amount,
    };
  }
}

import { hex } from '../bytes';
import { STRKEY, accountStrkey, strkey } from '../strkey';
import type { TrustLineAsset } from '../xdr/operations';
import { entryChanges } from './changes';
import type { LedgerContext } from './context';
import { entryColumns, sponsorText } from './entrycolumns';
import type { Row } from './row';
import { assetText } from './assettext';

/** The rows of `trustlines`: an account's balance of an asset, or its shares of a liquidity pool. */
export function* trustlineRows(context: LedgerContext): Generator<Row> {
  for (const change of entryChanges(context, 'trustline')) {
    const { data, entry, key } = change;
    const liabilities = data.ext.type === 1 ? data.ext.value.liabilities : undefined;
    yield {
      ledger_key: Buffer.from(key, 'latin1').toString('base64'),
      account_id: accountStrkey(data.accountId.value),
      ...assetColumns(data.asset),
      balance: data.balance,
      trust_line_limit: data.limit,
      buying_liabilities: liabilities?.buying ?? 0n,
      selling_liabilities: liabilities?.selling ?? 0n,
      flags: data.flags,
      sponsor: sponsorText(entry),
      ...entryColumns(context, change),
    };
  }
}

function assetColumns(asset: TrustLineAsset): Row {
  if (asset.type === 'assetTypePoolShare')
    return {
      asset_code: '',
      asset_issuer: '',
      asset_type: 'pool_share',
      asset_id: POOL_SHARE_ID,
      liquidity_pool_id: hex(asset.value),
      liquidity_pool_id_strkey: strkey(STRKEY.liquidityPool, asset.value),
    };
  const { code, issuer, type, id } = assetText(asset);
  return {
    asset_code: code,
    asset_issuer: issuer,
    asset_type: type,
    asset_id: id,
    liquidity_pool_id: '',
    liquidity_pool_id_strkey: '',
  };
}

/** stellar-etl's asset id of all pool shares: FarmHash of the type's name. */
const POOL_SHARE_ID = -1967220342708457407n;

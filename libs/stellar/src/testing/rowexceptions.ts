import { createHash } from 'node:crypto';
import { fingerprint64 } from '../rows/farmhash';
import type { Row } from '../rows/row';
import { SETTING_COLUMNS } from '../schemas/configsettings';
import type { Lossless } from './golden';

/** A deliberate difference from stellar-etl, with the rule that our value follows instead. */
export interface Exception {
  readonly name: string;
  readonly types: readonly string[];
  readonly columns: readonly string[];
  /** Whether the exception applies to this value and our value follows the rule. */
  applies(own: Row, golden: Readonly<Record<string, Lossless>>, column: string): boolean;
}

const isNothing = (golden: Lossless | undefined): boolean =>
  golden === undefined ||
  golden === null ||
  golden === '#0' ||
  (Array.isArray(golden) && golden.length === 0);

/** Every exception of the golden tests. */
export const EXCEPTIONS: readonly Exception[] = [
  {
    name: 'null where the ledger has no such value, stellar-etl writes 0 or []',
    types: ['config_settings', 'contract_code', 'accounts'],
    columns: [
      ...SETTING_COLUMNS.map(([column]) => column),
      ...[
        'instructions',
        'functions',
        'globals',
        'table_entries',
        'types',
        'data_segments',
        'elem_segments',
      ].map((part) => `n_${part}`),
      ...['n_imports', 'n_exports', 'n_data_segment_bytes', 'sequence_ledger', 'sequence_time'],
    ],
    applies: (own, golden, column) => own[column] === null && isNothing(golden[column]),
  },
  {
    name: 'columns that stellar-etl does not have',
    types: [
      'config_settings',
      'restored_key',
      'accounts',
      'claimable_balances',
      'liquidity_pools',
      'contract_data',
    ],
    columns: [
      'eviction_bucket_list_level',
      'eviction_is_curr_bucket',
      'eviction_bucket_file_offset',
      'ledger_key_hash_base_64',
      ...['previous_balance', 'previous_asset_amount'],
      ...['previous_asset_a_amount', 'previous_asset_b_amount'],
    ],
    applies: (_, golden, column) => !(column in golden),
  },
  {
    name: 'restored_key.ledger_key_hash is a hash, stellar-etl writes the key',
    types: ['restored_key'],
    columns: ['ledger_key_hash'],
    applies: (own, golden) => own['ledger_key_hash_base_64'] === golden['ledger_key_hash'],
  },
  {
    name: 'evicted keys by their hash, stellar-etl writes the keys',
    types: ['ledgers'],
    columns: ['evicted_ledger_keys_hash'],
    applies: (own, golden) =>
      hashes(golden['evicted_ledger_keys_hash']) === String(own['evicted_ledger_keys_hash']),
  },
  {
    name: 'no evicted keys is an empty list, stellar-etl writes null for LedgerCloseMeta V0',
    types: ['ledgers'],
    columns: ['evicted_ledger_keys_hash', 'evicted_ledger_keys_type'],
    applies: (own, golden, column) => golden[column] === null && String(own[column]) === '',
  },
  {
    name: 'contract_data.asset_type of the native asset, stellar-etl leaves it empty',
    types: ['contract_data'],
    columns: ['asset_type'],
    applies: (own, golden) => own['asset_type'] === 'native' && golden['asset_type'] === '',
  },
  {
    name: 'signature of the proposed value (CAP-83), stellar-etl leaves it empty',
    types: ['ledgers'],
    columns: ['node_id', 'signature'],
    applies: (own, golden, column) =>
      golden['protocol_version'] === '#28' && golden[column] === '' && own[column] !== '',
  },
  {
    name: 'events of failed transactions are in no successful call',
    types: ['contract_events'],
    columns: ['in_successful_contract_call', 'contract_event_xdr'],
    applies: (own, golden, column) =>
      own['successful'] === false &&
      own['type'] !== 2 &&
      own['in_successful_contract_call'] === false &&
      golden['in_successful_contract_call'] === true &&
      (column === 'in_successful_contract_call' ||
        eventOf(own['contract_event_xdr']) === eventOf(golden['contract_event_xdr'])),
  },
  {
    name: 'token_transfers.amount is amount_raw exactly, stellar-etl multiplies doubles',
    types: ['token_transfers'],
    columns: ['amount'],
    applies: (own, golden) =>
      String(own['amount']) === golden['amount_raw'] &&
      Math.abs(Number(own['amount']) / 1e7 - Number(String(golden['amount']).slice(1))) <=
        Math.abs(Number(own['amount']) / 1e7) * 1e-15,
  },
  {
    name: 'token_transfers.to_muxed(_id) only for ids, stellar-etl writes id 0 for texts and hashes',
    types: ['token_transfers'],
    columns: ['to_muxed', 'to_muxed_id'],
    applies: (own, golden, column) => own[column] === null && golden['to_muxed_id'] === '0',
  },
  {
    name: 'trustlines.asset_id is that of all other tables, stellar-etl hashes another name of the type',
    types: ['trustlines'],
    columns: ['asset_id'],
    applies: (own, golden) => {
      const type = own['asset_type'] === 'credit_alphanum4' ? 'CreditAlphanum4' : 'CreditAlphanum12';
      return (
        golden['asset_id'] === `#${assetId(golden, `AssetTypeAssetType${type}`)}` &&
        own['asset_id'] === assetId(golden, String(own['asset_type']))
      );
    },
  },
  {
    name: 'offers.price to 18 places, stellar-etl writes the nearest double',
    types: ['offers'],
    columns: ['price'],
    applies: (own, golden) => {
      const [n, d] = [BigInt(own['pricen'] as number), BigInt(own['priced'] as number)];
      const exact = (2n * 10n ** 18n * n + d) / (2n * d);
      return own['price'] === exact && Number(String(golden['price']).slice(1)) === Number(n) / Number(d);
    },
  },
];

/** stellar-etl's hash of an asset. */
function assetId(row: Readonly<Record<string, Lossless>>, type: string): bigint {
  const text = `${String(row['asset_code'])}${String(row['asset_issuer'])}${type}`;
  return BigInt.asIntN(64, fingerprint64(Buffer.from(text)));
}

function hashes(keys: Lossless | undefined): string {
  if (!Array.isArray(keys)) return 'none';
  return (keys as readonly string[]).map((key) => sha256(Buffer.from(key, 'base64'))).join(',');
}

/** The event's bytes: contract_event_xdr without the flag before it. */
export function eventOf(xdr: unknown): string {
  return Buffer.from(String(xdr), 'base64').subarray(4).toString('hex');
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

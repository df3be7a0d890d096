import { sha256 } from '../bytes';
import { addressText, scValJson } from '../sep51';
import type { ContractDataEntry, ScVal } from '../xdr/types';
import { assetColumns, balanceColumns } from './asset';
import { CHANGE, entryChanges } from './changes';
import type { LedgerContext } from './context';
import { type Row, goName } from './row';

/** The rows of `contract_data`: one per entry that the ledger changed, without nonces, ordered by the key's bytes. */
export function* contractDataRows(context: LedgerContext): Generator<Row> {
  for (const { change, entry, data, held, key } of entryChanges(context, 'contractData')) {
    if (data.key.type === 'scvLedgerKeyNonce') continue;
    const keyXdr = Buffer.from(key, 'latin1');
    yield {
      contract_id: addressText(data.contract),
      contract_key_type: goName('ScValType', data.key.type),
      contract_durability: goName('ContractDataDurability', data.durability),
      ...assetColumns(data, context.network),
      ...balanceColumns(data),
      last_modified_ledger: entry.lastModifiedLedgerSeq,
      ledger_entry_change: change,
      deleted: change === CHANGE.removed,
      closed_at: context.closedAt,
      ledger_sequence: context.sequence,
      ledger_key_hash: sha256(keyXdr),
      key: xdrText(context, data.key),
      key_decoded: scValJson(data.key),
      val: xdrText(context, data.val),
      val_decoded: scValJson(data.val),
      contract_data_xdr: context.base64(data.xdrStart, data.xdrEnd),
      ledger_key_hash_base_64: keyXdr.toString('base64'),
      message_type: 'contract_data',
      processor_name: 'contract_data_processor',
      previous_balance:
        held === undefined ? null : balanceColumns(held.data.value as ContractDataEntry).balance,
    };
  }
}

/** Base64 of a value's XDR as JSON text: the column is json because messages hold objects there. */
function xdrText(context: LedgerContext, value: ScVal): string {
  return `"${context.base64(value.xdrStart, value.xdrEnd)}"`;
}

import type { TableSchema } from '@parquetry/schema';
import { type Column, ENTRY, T, numberFields } from './build';

/** What the cost of a contract depends on; null for code of before protocol 21. */
const COUNTS: readonly Column[] = (
  [
    ['n_instructions', 'Instructions of the code'],
    ['n_functions', 'Functions of the code'],
    ['n_globals', 'Globals of the code'],
    ['n_table_entries', 'Table entries of the code'],
    ['n_types', 'Types of the code'],
    ['n_data_segments', 'Data segments of the code'],
    ['n_elem_segments', 'Element segments of the code'],
    ['n_imports', 'Imports of the code'],
    ['n_exports', 'Exports of the code'],
    ['n_data_segment_bytes', 'Bytes of the data segments of the code'],
  ] as const
).map(([name, doc]) => [name, T.uint32, true, `${doc}; null for code installed before protocol 21.`]);

/** Columns of `contract_code`, from the contract code entries. */
export const contractCodeSchema: TableSchema = {
  messageType: 'contract_code',
  origin: 'predefined',
  doc: 'A row is a Wasm code that a ledger installed, changed, restored or removed.',
  ledgerColumn: 'ledger_sequence',
  closeTimeColumn: 'closed_at',
  uniqueKey: ['contract_code_hash', 'ledger_sequence'],
  fields: numberFields([
    ['contract_code_hash', T.utf8, false, 'sha256 of the Wasm, hex.'],
    ['contract_code_ext_v', T.int32, false, 'Version of the extension: 1 when the counts are there.'],
    ...ENTRY,
    ['ledger_key_hash', T.utf8, false, 'sha256 of the LedgerKey XDR, hex.'],
    ...COUNTS,
    ['ledger_key_hash_base_64', T.utf8, false, 'LedgerKey XDR, base64.'],
  ]),
};

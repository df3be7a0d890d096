import { hex } from '../bytes';
import { entryChanges } from './changes';
import type { LedgerContext } from './context';
import { entryColumns, keyColumns } from './entrycolumns';
import type { Row } from './row';

/** The rows of `contract_code`. Counts are null for code that was last installed before protocol 21. */
export function* contractCodeRows(context: LedgerContext): Generator<Row> {
  for (const change of entryChanges(context, 'contractCode')) {
    const { hash, ext } = change.data;
    const inputs = ext.type === 1 ? ext.value.costInputs : undefined;
    yield {
      contract_code_hash: hex(hash),
      contract_code_ext_v: ext.type,
      ...entryColumns(context, change),
      ...keyColumns(change.key),
      n_instructions: inputs?.nInstructions ?? null,
      n_functions: inputs?.nFunctions ?? null,
      n_globals: inputs?.nGlobals ?? null,
      n_table_entries: inputs?.nTableEntries ?? null,
      n_types: inputs?.nTypes ?? null,
      n_data_segments: inputs?.nDataSegments ?? null,
      n_elem_segments: inputs?.nElemSegments ?? null,
      n_imports: inputs?.nImports ?? null,
      n_exports: inputs?.nExports ?? null,
      n_data_segment_bytes: inputs?.nDataSegmentBytes ?? null,
    };
  }
}

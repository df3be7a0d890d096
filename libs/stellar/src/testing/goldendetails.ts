import type { Row } from '../rows/row';
import { effectsSchema } from '../schemas/effects';
import { operationsSchema } from '../schemas/operations';
import { tradesSchema } from '../schemas/trades';
import { asJson, sameText } from './asjson';
import { type Exception, type JsonRow, applyExceptions } from './exceptions';
import { type Lossless, difference } from './golden';

/** Compares rows of a table with details, in order, with the golden ones; counts exceptions by name. */
export type CompareRows = (
  ours: readonly Row[],
  theirs: readonly JsonRow[],
  tally: Map<string, number>,
) => string[];

/** Where our details differ from stellar-etl's on purpose; see DEVIATIONS. */
const OPERATION_EXCEPTIONS: readonly Exception[] = [
  {
    name: 'contract_code_hash is the hash, not null',
    apply: (ours, theirs) =>
      replace(ours, theirs, 'contract_code_hash', (mine, golden) => mine !== golden && golden === null),
  },
  {
    name: 'amount of a failed path payment is a number',
    apply: (ours, theirs) => replace(ours, theirs, 'amount', isZeroText),
  },
  {
    name: 'source_amount of a failed path payment is a number',
    apply: (ours, theirs) => replace(ours, theirs, 'source_amount', isZeroText),
  },
  {
    name: 'asset_balance_changes come from the operation, not only from a diagnostic copy',
    apply: (ours, theirs) =>
      replace(ours, theirs, 'asset_balance_changes', (mine, golden) =>
        isPart(golden as Lossless[], mine as Lossless[]),
      ),
  },
];

/** The names of all exceptions of operations. */
export const OPERATION_EXCEPTION_NAMES = OPERATION_EXCEPTIONS.map(({ name }) => name);

/** The name of the exception of effects. */
export const EFFECTS_WITHOUT_COPY = 'effects of contract events without a diagnostic copy';

/** Compares operations: columns, the struct `details` and its JSON text. */
export const compareOperations: CompareRows = (ours, theirs, tally) => {
  if (ours.length !== theirs.length) return [`${ours.length} operations, golden ${theirs.length}`];
  const found: string[] = [];
  for (const [index, row] of ours.entries()) {
    const { details, details_json: json, ...columns } = asJson(operationsSchema.fields, row);
    const golden = { source_account_muxed: null, ...theirs[index] } as JsonRow;
    const { details: etl, details_json: copy, ...rest } = golden;
    // stellar-etl writes the details twice.
    if (difference(copy, etl) !== undefined) found.push(`${String(columns['id'])}: golden details differ`);
    if (!sameText(details as Lossless, json as Lossless))
      found.push(`${String(columns['id'])}: details and details_json differ`);
    const [mine, other] = [{ ...(json as JsonRow) }, { ...(etl as JsonRow) }];
    applyExceptions(OPERATION_EXCEPTIONS, tally, mine, other);
    const differs = difference({ ...columns, details: mine }, { ...rest, details: other });
    if (differs !== undefined) found.push(`${String(columns['id'])} ${differs}`);
  }
  return found;
};

/** Compares effects, operation by operation. */
export const compareEffects: CompareRows = (ours, theirs, tally) => {
  const found: string[] = [];
  const golden = byOperation(theirs);
  const own = byOperation(
    ours.map((row) => {
      const { details, details_json: json, ...columns } = asJson(effectsSchema.fields, row);
      if (!sameText(details as Lossless, json as Lossless))
        found.push(`${String(columns['id'])}: details and details_json differ`);
      return { ...columns, details: json as Lossless };
    }),
  );
  for (const id of golden.keys()) if (!own.has(id)) found.push(`no effects of operation ${id}`);
  for (const [id, rows] of own) {
    const all = golden.get(id) ?? [];
    // Effects of asset contracts' events: stellar-etl only knows those that the node repeats for diagnosis.
    const extra = rows.length - all.length;
    const mine = extra === 0 ? rows : rows.filter((row) => !isEventEffect(row));
    const expected = extra === 0 ? all : all.filter((row) => !isEventEffect(row));
    if (extra > 0) tally.set(EFFECTS_WITHOUT_COPY, (tally.get(EFFECTS_WITHOUT_COPY) ?? 0) + extra);
    if (extra < 0 || mine.length !== expected.length)
      found.push(`${rows.length} effects of operation ${id}, golden ${all.length}`);
    for (const [index, row] of mine.entries()) {
      const differs = difference(row, expected[index]);
      if (differs !== undefined) found.push(`${String(row['id'])}: ${differs}`);
    }
  }
  return found;
};

/** Compares trades. */
export const compareTrades: CompareRows = (ours, theirs) => {
  if (ours.length !== theirs.length) return [`${ours.length} trades, golden ${theirs.length}`];
  const found: string[] = [];
  for (const [index, row] of ours.entries()) {
    // stellar-etl has no ledger_sequence here: see DEVIATIONS.
    const { ledger_sequence: sequence, ...columns } = asJson(tradesSchema.fields, row);
    const differs = difference(columns, theirs[index]);
    if (differs !== undefined) found.push(differs);
    const ledger = `#${BigInt(String(columns['history_operation_id']).slice(1)) >> 32n}`;
    if (sequence !== ledger) found.push(`ledger_sequence ${String(sequence)} instead of ${ledger}`);
  }
  return found;
};

/** Drops a member from both when `when` holds for a pair of different values. */
function replace(
  ours: JsonRow,
  theirs: JsonRow,
  name: string,
  when: (mine: Lossless, golden: Lossless) => boolean,
): boolean {
  const [mine, golden] = [ours[name], theirs[name]];
  if (mine === undefined || golden === undefined) return false;
  if (difference(mine, golden) === undefined || !when(mine, golden)) return false;
  delete ours[name];
  delete theirs[name];
  return true;
}

function isZeroText(mine: Lossless, golden: Lossless): boolean {
  return mine === '#0.0000000' && golden === '0.0000000';
}

/** Whether all of `part` is in `whole`, in order, and `whole` has more. */
function isPart(part: Lossless[], whole: Lossless[]): boolean {
  let at = 0;
  for (const item of whole) if (at < part.length && difference(item, part[at]) === undefined) at += 1;
  return at === part.length && whole.length > part.length;
}

function byOperation(rows: readonly JsonRow[]): Map<string, JsonRow[]> {
  const groups = new Map<string, JsonRow[]>();
  for (const row of rows) {
    const id = String(row['operation_id']);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [row]);
    else group.push(row);
  }
  return groups;
}

function isEventEffect(row: JsonRow): boolean {
  return (row['details'] as JsonRow)['contract_event_type'] !== undefined;
}

import { effectsSchema } from '../../schemas/effects';
import { asJson, sameText } from '../../testing/asjson';
import { SKIPPED, hasData } from '../../testing/data';
import type { JsonRow } from '../../testing/exceptions';
import {
  type GoldenLake,
  type Lossless,
  difference,
  goldenLakes,
  goldenLedgers,
  goldenRows,
} from '../../testing/golden';
import { effectRows } from './index';

const test = hasData ? it : it.skip;

test(`every effect of every golden${SKIPPED}`, async () => {
  let rows = 0;
  let extra = 0;
  for (const lake of goldenLakes()) {
    const theirs = byOperation(await goldenRows(lake, 'effects'));
    const ours = byOperation(await ourRows(lake));
    expect([...theirs.keys()].filter((id) => !ours.has(id))).toEqual([]);
    for (const [id, mine] of ours) {
      const golden = theirs.get(id) ?? [];
      // Effects of asset contracts' events: stellar-etl only knows those that the node repeats for diagnosis.
      const compared = mine.length === golden.length ? mine : mine.filter((row) => !isEventEffect(row));
      const expected = mine.length === golden.length ? golden : golden.filter((row) => !isEventEffect(row));
      if (mine.length !== golden.length) {
        expect([lake.name, id, mine.length > golden.length]).toEqual([lake.name, id, true]);
        extra += mine.length - golden.length;
      }
      expect([lake.name, id, compared.length]).toEqual([lake.name, id, expected.length]);
      for (const [index, row] of compared.entries()) {
        const differs = difference(row, expected[index]);
        if (differs !== undefined) throw new Error(`${lake.name} effect ${String(row['id'])}: ${differs}`);
      }
      rows += golden.length;
    }
  }
  console.info(
    `${rows} effects; exceptions: {"effects of contract events without a diagnostic copy":${extra}}`,
  );
  expect(rows).toBeGreaterThanOrEqual(10638);
  expect(extra).toBeGreaterThan(0);
}, 300_000);

/** Our rows as stellar-etl writes them: the details as JSON, which must say what the struct says. */
async function ourRows(lake: GoldenLake): Promise<JsonRow[]> {
  return (await goldenLedgers(lake)).flatMap((ledger) =>
    [...effectRows(ledger)].map((row) => {
      const { details, details_json: json, ...columns } = asJson(effectsSchema.fields, row);
      if (!sameText(details as Lossless, json as Lossless))
        throw new Error(`${lake.name} ${String(columns['id'])}`);
      return { ...columns, details: json as Lossless };
    }),
  );
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

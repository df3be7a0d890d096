import { operationsSchema } from '../../schemas/operations';
import { asJson, sameText } from '../../testing/asjson';
import { SKIPPED, hasData } from '../../testing/data';
import { type Exception, type JsonRow, applyExceptions } from '../../testing/exceptions';
import { type Lossless, difference, goldenLakes, goldenLedgers, goldenRows } from '../../testing/golden';
import { operationRows } from './index';

const test = hasData ? it : it.skip;

/** Where our details differ from stellar-etl's on purpose; see DEVIATIONS. */
const EXCEPTIONS: readonly Exception[] = [
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

test(`every operation of every golden${SKIPPED}`, async () => {
  const found = new Map<string, number>();
  const differences: string[] = [];
  let rows = 0;
  for (const lake of goldenLakes()) {
    const theirs = await goldenRows(lake, 'operations');
    const ours = (await goldenLedgers(lake)).flatMap((ledger) => [...operationRows(ledger)]);
    expect([lake.name, ours.length]).toEqual([lake.name, theirs.length]);
    for (const [index, row] of ours.entries()) {
      const { details, details_json: json, ...columns } = asJson(operationsSchema.fields, row);
      const golden = { source_account_muxed: null, ...theirs[index] } as JsonRow;
      // stellar-etl writes the details twice.
      expect(golden['details_json']).toEqual(golden['details']);
      const { details: etl, details_json: _, ...rest } = golden;
      expect(sameText(details as Lossless, json as Lossless)).toBe(true);
      const [mine, other] = [{ ...(json as JsonRow) }, { ...(etl as JsonRow) }];
      applyExceptions(EXCEPTIONS, found, mine, other);
      const differs = difference({ ...columns, details: mine }, { ...rest, details: other });
      if (differs !== undefined) differences.push(`${lake.name} ${String(columns['id'])} ${differs}`);
      rows += 1;
    }
  }
  console.info(`${rows} operations; exceptions: ${JSON.stringify(Object.fromEntries(found))}`);
  expect(differences.slice(0, 10)).toEqual([]);
  expect(rows).toBeGreaterThanOrEqual(8205);
  expect([...found.keys()].sort()).toEqual(EXCEPTIONS.map(({ name }) => name).sort());
}, 300_000);

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

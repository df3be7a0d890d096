import type { CompareRequest, DatasetComparison, RowDifference } from '@parquetry/audit';
import { countLedgers, formatRange, type Intervals, ParquetryError } from '@parquetry/core';
import type { Define } from '../cli';
import { type Output, counted, formatCount } from '../output';
import { collect, wholeNumber } from '../parsers';

interface Options {
  readonly ledgers?: string;
  readonly dataset?: readonly string[];
  readonly rows?: boolean;
  readonly rowLedgers: number;
}

/** Ledgers whose rows `--rows` reads if no other number is given. */
const ROW_LEDGERS = 100;

/** `parquetry compare` */
export const define: Define = ({ command, output, run }) =>
  command('compare', 'say whether two archives have the same rows, and where they differ', 'Check')
    .argument('<a>', 'root of an archive')
    .argument('<b>', 'root of another archive; its store, layout, codec and partitions do not matter')
    .settings(['ledgers', 'region'], { docs: { ledgers: 'compare only these ledgers' } })
    .option('--dataset <name>', 'only this dataset; repeatable', collect)
    .option('--rows', 'read the ledgers that differ, and name rows and columns with both values')
    .option(
      '--row-ledgers <number>',
      'with --rows: read at most this many ledgers of a dataset',
      wholeNumber(1, 1_000_000),
      ROW_LEDGERS,
    )
    .example('parquetry compare ./archive s3://lake/stellar --ledgers 63092982-63093001')
    .action((a: string, b: string, options: Options) => run(() => compare([a, b], options, output)));

/** Compares row hashes, without data files. Exit 1 if the archives differ or can't be compared. */
async function compare(
  roots: readonly [string, string],
  { ledgers, dataset: datasets, rows: reads, rowLedgers }: Options,
  output: Output,
): Promise<number> {
  const { openArchive } = require('../archive') as typeof import('../archive');
  const { archiveRanges } = require('../archiveledgers') as typeof import('../archiveledgers');
  const { compareArchives, isEqual, ledgerDifferences } =
    require('@parquetry/audit') as typeof import('@parquetry/audit');
  const [a, b] = await Promise.all(roots.map(async (root) => (await openArchive(root)).archive));
  if (a === undefined || b === undefined) throw new ParquetryError('INTERNAL', 'Two archives are compared.');
  const scope = datasets === undefined ? {} : { datasets };
  const ranges = await archiveRanges(async () => a, ledgers, output, scope);
  const request: CompareRequest = { ...scope, ...(ranges === undefined ? {} : { ranges }) };
  const found: DatasetComparison[] = [];
  const rows: RowDifference[] = [];
  for await (const comparison of compareArchives(a, b, request)) {
    found.push(comparison);
    if (reads === true)
      for (const ledger of firstLedgers(comparison.differ, rowLedgers))
        rows.push(...(await ledgerDifferences(a, b, comparison.dataset, ledger)));
  }
  sayComparisons(found, output);
  for (const row of rows) sayRow(row, output);
  const equal = found.every(isEqual);
  const document = { equal, datasets: found, ...(reads === true ? { rows } : {}) };
  if (!equal) return output.fail(differenceError(found), document);
  const total = found.reduce((sum, comparison) => sum + comparison.equal, 0);
  output.say(`The same rows: ${counted(total, 'ledger')} of ${counted(found.length, 'dataset')}.`);
  output.document(document);
  return 0;
}

function* firstLedgers(ranges: Intervals, most: number): Generator<number> {
  let count = 0;
  for (const { start, end } of ranges)
    for (let ledger = start; ledger <= end && count < most; ledger += 1, count += 1) yield ledger;
}

function sayComparisons(found: readonly DatasetComparison[], output: Output): void {
  output.table(
    ['dataset', 'equal', 'different', 'only in A', 'only in B', 'in neither', 'without row hashes'],
    found.map(({ dataset, equal, differ, onlyA, onlyB, neither, unhashedA, unhashedB }) => [
      dataset,
      equal,
      countLedgers(differ),
      countLedgers(onlyA),
      countLedgers(onlyB),
      countLedgers(neither),
      countLedgers([...unhashedA, ...unhashedB]),
    ]),
  );
  for (const { dataset, differ, onlyA, onlyB, neither, unhashedA, unhashedB } of found)
    for (const [what, ranges] of [
      ['differs in ledgers', differ],
      ['only A has ledgers', onlyA],
      ['only B has ledgers', onlyB],
      ['neither has ledgers', neither],
      ['A has no row hashes for ledgers', unhashedA],
      ['B has no row hashes for ledgers', unhashedB],
    ] as const)
      if (ranges.length > 0) output.say(`${dataset}: ${what} ${ranges.map(formatRange).join(', ')}`);
}

function sayRow({ dataset, ledger, rowA, rowB, key, columns }: RowDifference, output: Output): void {
  const named = Object.entries(key).map(([column, value]) => `${column} ${shown(value)}`);
  const where = [
    ...(rowA === undefined ? [] : [`row ${formatCount(rowA)} of A`]),
    ...(rowB === undefined ? [] : [`row ${formatCount(rowB)} of B`]),
  ].join(', ');
  const only = rowA === undefined ? ' is only in B' : rowB === undefined ? ' is only in A' : '';
  output.say(
    `${dataset} ledger ${ledger}: ${where}${named.length > 0 ? ` (${named.join(', ')})` : ''}${only}`,
  );
  if (only !== '') return;
  for (const { column, a, b } of columns)
    output.say(`  ${column}: ${shown(a ?? 'null')} in A, ${shown(b ?? 'null')} in B`);
}

/** A canonical text for people: times as in SQL. */
function shown(text: string): string {
  const time = /^t(-?\d+)$/.exec(text);
  if (time === null) return text.length > 200 ? `${text.slice(0, 200)}…` : text;
  const micros = BigInt(time[1] ?? 0);
  const rest = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = new Date(Number((micros - rest) / 1000n)).toISOString().slice(0, 19);
  return `${seconds}.${String(rest).padStart(6, '0')}Z`;
}

function differenceError(found: readonly DatasetComparison[]): ParquetryError {
  const sum = (pick: (one: DatasetComparison) => Intervals): number =>
    found.reduce((total, one) => total + countLedgers(pick(one)), 0);
  const [differ, onlyA, onlyB] = [sum((one) => one.differ), sum((one) => one.onlyA), sum((one) => one.onlyB)];
  const neither = sum((one) => one.neither);
  const unhashed = sum((one) => [...one.unhashedA, ...one.unhashedB]);
  const parts = [
    ...(differ > 0 ? [`${counted(differ, 'ledger')} with other rows`] : []),
    ...(onlyA > 0 ? [`${counted(onlyA, 'ledger')} only in A`] : []),
    ...(onlyB > 0 ? [`${counted(onlyB, 'ledger')} only in B`] : []),
    ...(neither > 0 ? [`${counted(neither, 'ledger')} in neither`] : []),
    ...(unhashed > 0 ? [`${counted(unhashed, 'ledger')} without row hashes`] : []),
  ];
  return new ParquetryError('ARCHIVES_DIFFER', `The archives are not the same: ${parts.join(', ')}.`, {
    details: { differ, onlyA, onlyB, neither, unhashed },
    hint:
      unhashed > 0
        ? 'Add row hashes with `parquetry verify --deep --add-row-hashes --archive ROOT`, then compare again.'
        : 'Add --rows to see rows and columns. `parquetry verify --deep` shows whether one of them is damaged.',
  });
}

import { formatRange } from '@parquetry/core';
import type { BackfillResult, RunSpec } from '@parquetry/workflows';
import { type Output, formatBytes } from './output';

/** The end of a run for people: what is in the archive now, what is not, and what to type next. */
export function printResult(result: BackfillResult, spec: RunSpec, output: Output): void {
  const { partitions, tally, datasets } = result;
  const where = quote(spec.archive);
  output.say();
  if (partitions.done === 0 && partitions.abandoned === 0)
    output.say(
      `Nothing to do: all ${partitions.total} partitions were committed before. Nothing was written.`,
    );
  else
    output.say(
      `${partitions.done} of ${partitions.total} partitions written` +
        (partitions.skipped > 0 ? `, ${partitions.skipped} were committed before` : '') +
        (partitions.abandoned > 0 ? `, ${partitions.abandoned} given up` : '') +
        `; read from the source: ${formatBytes(tally.bytesRead)} to pull${
          result.indexBytesRead > 0 ? `, ${formatBytes(result.indexBytesRead)} to look it over` : ''
        }.`,
    );
  output.table(
    ['dataset', 'files', 'rows', 'size', 'schema', 'verified', 'gaps'],
    datasets.map((dataset) => [
      dataset.dataset,
      dataset.files,
      dataset.rows,
      formatBytes(dataset.bytes),
      `v${dataset.schemaVersion}`,
      'yes',
      dataset.gaps.map(formatRange).join(', ') || 'none',
    ]),
  );
  for (const note of [...(result.notes ?? []), ...datasets.flatMap((dataset) => dataset.note ?? [])])
    output.say(note);
  if (tally.rejected > 0)
    output.say(`${tally.rejected} messages were rejected; see _parquetry/rejects in the archive.`);
  if (result.unusable > 0)
    output.say(`${result.unusable} messages have no usable type or ledger: ${result.rejects ?? ''}`);
  if (result.filtered > 0)
    output.say(
      `${result.filtered} messages lie outside ledgers ${formatRange(spec.range)} or in other types.`,
    );
  printStale(result.stale, output);
  output.say();
  output.say('Next:');
  output.say(`  parquetry verify --archive ${where}`);
  const first = datasets.find((dataset) => dataset.rows > 0)?.dataset;
  if (first !== undefined)
    output.say(`  parquetry query --archive ${where} "select * from ${first} limit 5"`);
  output.say(`  parquetry files --archive ${where}`);
}

function printStale(stale: BackfillResult['stale'], output: Output): void {
  if (stale === undefined) return;
  const [example] = stale.first;
  output.say(
    `${stale.segments} committed segments are stale and were left as they are` +
      `${example === undefined ? '' : `, e.g. ${example.dataset} ${formatRange(example.range)}: ${example.why}`}; ` +
      '`--mode replace` writes them anew.',
  );
}

function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

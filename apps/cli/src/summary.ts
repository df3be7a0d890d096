import { formatRange } from '@parquetry/core';
import type { BackfillResult, RunSpec } from '@parquetry/workflows';
import { type Output, counted, formatBytes } from './output';

/** Prints the result of a run: what was written, what was not, and the next commands to run. */
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
        (partitions.abandoned > 0 ? `, ${partitions.abandoned} skipped by a person` : '') +
        `; read from the source: ${formatBytes(tally.bytesRead)} to pull${
          result.indexBytesRead > 0 ? `, ${formatBytes(result.indexBytesRead)} to index it` : ''
        }.`,
    );
  output.table(
    ['dataset', 'files', 'rows', 'size', 'schema', 'gaps'],
    datasets.map((dataset) => [
      dataset.dataset,
      dataset.files,
      dataset.rows,
      formatBytes(dataset.bytes),
      `v${dataset.schemaVersion}`,
      dataset.gaps.map(formatRange).join(', ') || 'none',
    ]),
  );
  if (tally.files > 0)
    output.say(
      `Read back by the second reader before they were committed: ${counted(tally.rows, 'row')} in ${counted(tally.files, 'file')}, ` +
        `${spec.verify === 'full' ? 'every value' : 'the ledger column and the footer of each'}.`,
    );
  for (const note of [...(result.notes ?? []), ...datasets.flatMap((dataset) => dataset.note ?? [])])
    output.say(note);
  if (tally.rejected > 0)
    output.say(`${counted(tally.rejected, 'message')} rejected; see _parquetry/rejects in the archive.`);
  if (result.unusable > 0)
    output.say(
      `${counted(result.unusable, 'message')} without a usable type or ledger: ${result.rejects ?? ''}`,
    );
  if (result.filtered > 0)
    output.say(
      `${counted(result.filtered, 'message')} outside ledgers ${formatRange(spec.range)} or of other types.`,
    );
  printStale(result.stale, output);
  output.say();
  output.say('Next:');
  output.say(`  parquetry verify --archive ${where}`);
  const first = datasets.find((dataset) => dataset.rows > 0)?.dataset;
  if (first !== undefined)
    output.say(
      `  parquetry query --archive ${where} "select * from ${/^[a-z_][a-z0-9_]*$/.test(first) ? first : `\\"${first}\\"`} limit 5"`,
    );
  output.say(`  parquetry files --archive ${where}`);
}

function printStale(stale: BackfillResult['stale'], output: Output): void {
  if (stale === undefined) return;
  const [example] = stale.first;
  output.say(
    `${stale.segments} committed segments are stale and were not changed` +
      `${example === undefined ? '' : `, e.g. ${example.dataset} ${formatRange(example.range)}: ${example.why}`}; ` +
      '`--mode replace` rewrites them.',
  );
}

function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

// Writes docs/configuration.md from the table of settings. `--check` fails when the page is not what the code says.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const { PROFILES, SETTINGS, TOPICS, configKey, environmentName } = require(
  path.join(root, 'apps/cli/dist/settings.js'),
);

const cell = (text) => String(text).replaceAll('|', '\\|');
const lines = [
  '# Configuration',
  '',
  'Every setting has one name: `--buffer-size` on the command line, `PARQUETRY_BUFFER_SIZE` in the environment, `buffer_size`',
  '(or `buffer-size`) in the YAML file that `--config FILE` or `PARQUETRY_CONFIG` names. The first of these that has it wins:',
  'command line, environment, file, profile, default. A key that no setting has is an error that proposes the nearest one; a',
  'file may hold settings that the command at hand does not use, so one file can serve a backfill, its tail and its schedule.',
  'Lists are YAML lists or commas; switches take `true` and `false`, and `--no-debug` turns off what the file turns on. What',
  'belongs to one call (`--json`, `--detach`, `--yes`, the run of `status`) and credentials are no settings: for the latter see',
  '[storage](storage.md).',
  '',
  '```yaml',
  '# parquetry.yaml',
  'source: ndjson:./messages/*.ndjson',
  'archive: ./archive',
  'ledgers: 426000-426100',
  'layout: hour',
  'compression: zstd',
  'max_file_size_mb: 256',
  '```',
  '',
  '`parquetry backfill --config parquetry.yaml --dry-run` (or `parquetry plan`) prints what a run with these settings would do;',
  '`parquetry inspect FILE…` what it would do with each message. Other commands that write have no dry run: `tail`, `compact`,',
  '`schedule create`, `retry`, `audit --fix`, `gc --yes` and their like end with exit 2 where `dry_run` asks for one, by the file',
  'or the environment too, and do nothing. A worker does what runs ask of it: `dry_run` is nothing to `worker` and `dev`.',
  '',
  'This page is made from the code by `npm run docs`; a test fails when it is out of date.',
];
for (const [topic, title] of Object.entries(TOPICS)) {
  lines.push(
    '',
    `## ${title}`,
    '',
    '| option | environment | file | takes | default | meaning |',
    '|---|---|---|---|---|---|',
  );
  for (const { name, value, takes, default: standard, doc, topic: own } of SETTINGS)
    if (own === topic)
      lines.push(
        `| \`--${name}${value ? ` ${value}` : ''}\` | \`${environmentName(name)}\` | \`${configKey(name)}\` | ${cell(takes)} | ${standard ?? ''} | ${cell(doc)} |`,
      );
}
lines.push('', '| profile | sets |', '|---|---|');
for (const [profile, values] of Object.entries(PROFILES))
  lines.push(
    `| ${profile} | ${Object.entries(values)
      .map(([name, value]) => `\`${configKey(name)}: ${value}\``)
      .join(', ')} |`,
  );
lines.push(
  '',
  'In debug mode the worker prints a line for each message (its dataset, ledger, close time and folder, or why it is rejected),',
  '`Flushing N records` for each file with what closed it, and a line for each schema, verification and commit. They go to',
  'stderr or the `--debug-log` file of the process whose worker does the work: give the option to `parquetry worker` or',
  '`parquetry dev` where those run. Nothing of it goes to Temporal.',
  '',
  '## When a file closes',
  '',
  'A file closes at the first ledger boundary at or after a trigger, so that two files never share a ledger: `rows`',
  '(`buffer_size`), `bytes` (`max_file_size_mb`, by the compressed size of the first rows of the partition), `layout_edge`,',
  '`range_end`. `parquetry files` and the commit (`parquetry.reason`) say which one it was. With neither limit a file closes at',
  '128 MiB. In a backfill the triggers depend on the rows alone, so a run again cuts the same files; `rotation_interval_minutes`',
  'is for tails.',
  '',
  'A flush of a tail is one file of each dataset and ends at the first ledger that reaches a limit: `rows` (`max_rows`, else',
  '`buffer_size`; of the dataset that has most), `bytes` (`max_bytes` of the source, or `max_file_size_mb`), `age` (`max_age`,',
  'else `rotation_interval_minutes`), `layout_edge`, `range_end` (a partition edge, `until`). What a flush will weigh is known',
  'when it is written, so `max_file_size_mb` is an estimate there: the bytes of the source that wait, times what the largest file',
  'of each earlier flush was of its source (a flush counts half as much with each that follows). Before the first one a file is',
  'taken to be as large as its source, so the first comes out smaller than asked for, as a rule. A file that comes out twice as',
  'large as asked for is cut. With `max_file_size_mb` the limits that are assumed otherwise, 10000 rows and 64 MB of the source,',
  "are not; those that are set stay. The estimate is in the workflow's history: a step that is repeated decides the same.",
  '',
  'Where files end does not make committed ledgers stale: `plan` and `backfill` say "committed with other settings" of other rows',
  'or another way to store them, not of other sizes. `compact` and `--mode replace` make other files of the same rows.',
  '',
  "A ledger's folder is that of its first message, by close time in UTC. A message of the same ledger that closes in another",
  'folder is rejected: `CLOSE_TIME_CONFLICT`.',
  '',
  '## Files of the reference program',
  '',
  "`--config` reads the YAML of its `SaveToParquet` consumer as it stands: its keys at the top level, or in a pipeline's",
  '`consumers: [{type: SaveToParquet, config: {…}}]`. Whole numbers count (that program reads some of its keys as fractions only',
  'and ignores them otherwise); zero, negative numbers, fractions and unknown codecs are errors. Where messages come from is not',
  'taken from it: give `--source` and `--ledgers`.',
  '',
  '| its key | here |',
  '|---|---|',
  '| `storage_type: FS`, `local_path` | `archive`: the folder |',
  '| `storage_type: GCS` or `S3`, `bucket_name` | `archive`: `gs://bucket` or `s3://bucket` |',
  "| `path_prefix` | `prefix`; one that ends in the message type is the dataset's own folder |",
  '| `region`, `compression`, `buffer_size`, `max_file_size_mb`, `rotation_interval_minutes`, `include_metadata`, `debug`, `dry_run` | the settings of these names |',
  '| `partition_by` | `layout` |',
  '| `ledgers_per_file` | `ledgers_per_folder` |',
  '| `schema_evolution` | `contract_columns`: `evolve`; where it is `false`, `contract_columns` and `contract_types`: `freeze` |',
  '',
  '## Other variables',
  '',
  '`PARQUETRY_HOME` is the folder of the embedded Temporal server (default: `.parquetry/` here). Temporal is reached by the',
  "`temporal` CLI's own variables and profiles (`TEMPORAL_ADDRESS`, …).",
);
const text = `${lines.join('\n')}\n`;
const target = path.join(root, 'docs/configuration.md');
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text) {
    console.error('docs/configuration.md is out of date: run `npm run docs`.');
    process.exit(1);
  }
} else writeFileSync(target, text);

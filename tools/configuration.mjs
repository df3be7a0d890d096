// Writes docs/configuration.md and docs/parquetry.schema.json from the table of settings. `--check` fails when one of
// them is not what the code says.
import { createRequire } from 'node:module';
import path from 'node:path';
import { cell, root, writePage } from './page.mjs';

const require = createRequire(import.meta.url);
const { PROFILES, SETTINGS, TOPICS, configKey, environmentName } = require(
  path.join(root, 'apps/cli/dist/settings.js'),
);

const { VARIABLES } = require(path.join(root, 'apps/cli/dist/environment.js'));

const lines = [
  '# Configuration',
  '',
  'Every setting has one name: `--buffer-size` on the command line, `PARQUETRY_BUFFER_SIZE` in the environment, `buffer_size`',
  '(or `buffer-size`) in the YAML file that `--config FILE` or `PARQUETRY_CONFIG` names. Precedence: command line,',
  'environment, file, profile, default. An unknown key is an error that suggests the nearest setting. A file may contain',
  'settings that a command does not use, so a backfill, its tail and its schedule can share one file. Lists are YAML lists or',
  'comma-separated text. Switches take `true` and `false`; `--no-debug` turns off what the file turns on. Options of a single',
  'call (`--json`, `--detach`, `--yes`, the run of `status`) and credentials are not settings; for credentials see',
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
  '`parquetry init` asks for the source, the archive, the layout and the Temporal server, and writes this file with comments;',
  '`--yes` takes options instead of questions. Its first line names the [JSON Schema](parquetry.schema.json) next to it, with',
  'which editors complete and check keys (`parquetry config schema` prints it). `parquetry config check --config FILE` lists',
  'all faults with code, file and line. `parquetry config show` prints every value and where it comes from, without secrets.',
  '`parquetry doctor` uses the settings: it checks machine, clock, Temporal, archive and source, and says what to do.',
  '',
  '`parquetry backfill --config parquetry.yaml --dry-run` (or `parquetry plan`) prints what a run with these settings would do.',
  '`parquetry inspect FILE…` prints what it would do with each message. Other commands that write have no dry run: with',
  '`dry_run`, also from the file or the environment, `tail`, `compact`, `schedule create`, `retry`, `audit --fix`, `gc --yes` and',
  'similar commands do nothing and exit with 2. `worker` and `dev` ignore `dry_run`: a worker does what its runs ask for.',
  '',
  'This page is generated from the code by `npm run docs`; a test fails when it is out of date.',
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
  'In debug mode the worker prints a line for each message (its dataset, ledger, close time and folder, or the reason for its',
  'rejection), `Flushing N records` with the trigger for each file, and a line for each schema, verification and commit. The',
  'lines go to stderr or the `--debug-log` file of the process that runs the worker: pass the option to `parquetry worker` or',
  '`parquetry dev` if you use them. Temporal gets none of these lines.',
  '',
  '## When a file closes',
  '',
  'A file closes at the first ledger boundary at or after a trigger, so that two files never share a ledger: `rows`',
  '(`buffer_size`), `bytes` (`max_file_size_mb`, by the compressed size of the first rows of the partition), `layout_edge`,',
  '`range_end`. `parquetry files` and the commit (`parquetry.reason`) show the trigger. Without a limit a file closes at 128 MiB.',
  'In a backfill the triggers depend only on the rows, so a repeated run cuts the same files; `rotation_interval_minutes` applies',
  'to tails only.',
  '',
  'A flush of a tail is one file of each dataset and ends at the first ledger that reaches a limit: `rows` (`max_rows`, else',
  '`buffer_size`; of the largest dataset), `bytes` (`max_bytes` of the source, or `max_file_size_mb`), `age` (`max_age`, else',
  '`rotation_interval_minutes`), `layout_edge`, `range_end` (a partition boundary, `until`). The size of a file is known only',
  'when it is written, so a tail estimates `max_file_size_mb`: the waiting bytes of the source, times the ratio of the largest',
  'file of earlier flushes to their source (the weight of a flush halves with each later one). Before the first flush the ratio',
  'is 1, so the first file is usually smaller than requested. A file that becomes twice as large as requested is cut. With',
  '`max_file_size_mb` the default limits (10000 rows, 64 MB of the source) do not apply; limits that you set do. The estimate is',
  "in the workflow's history, so a repeated step decides the same.",
  '',
  'File sizes never make committed ledgers stale: `plan` and `backfill` report "committed with other settings" for other rows or',
  'another way to store them, not for other sizes. `compact` and `--mode replace` make other files from the same rows.',
  '',
  'The first message of a ledger decides its folder, by close time in UTC. A message of the same ledger whose close time belongs',
  'to another folder is a reject, `CLOSE_TIME_CONFLICT`.',
  '',
  '`--config` also reads the YAML of the reference program, `SaveToParquet`: see [how to move from',
  'it](how-to/reference-program.md).',
  '',
  '## Other variables',
  '',
  'These variables are not settings. `parquetry config show` lists those that are set. To connect to Temporal, Parquetry uses',
  'the variables and profiles of the `temporal` CLI; `temporal_address` and `temporal_namespace` in the file are for a folder',
  'that always uses one cluster.',
  '',
  '| variable | meaning |',
  '|---|---|',
  ...VARIABLES.map(({ name, doc }) => `| \`${name}\` | ${cell(doc)} |`),
);
const { configSchema } = require(path.join(root, 'apps/cli/dist/configschema.js'));
writePage('docs/configuration.md', `${lines.join('\n')}\n`);
writePage('docs/parquetry.schema.json', `${JSON.stringify(configSchema(), undefined, 2)}\n`);

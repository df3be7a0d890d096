import { type ParquetryError, isParquetryError, parsePoint, parseRanges, plainRange } from '@parquetry/core';
import { CommanderError } from 'commander';
import type { SettingsCommand } from '../../../apps/cli/src/command';
import { completionScript } from '../../../apps/cli/src/completion';
import { Output } from '../../../apps/cli/src/output';
import { createProgram, usageError } from '../../../apps/cli/src/program';
import { SETTINGS, attributeName, environmentName } from '../../../apps/cli/src/settings';
import { checkTogether } from '../../../apps/cli/src/settingscheck';
import type { Random } from '../random';
import { type Target, demand } from '../target';

const LINES = [
  'backfill --source ndjson:./m/*.ndjson --archive ./a --ledgers 426000-426100',
  'backfill --source galexie:s3://b/p --archive s3://l/s --types contract_data,contract_events --ledgers 63092982-63093001 --partition-size 10 --layout ledger_day --compression zstd --concurrency 4',
  'backfill --source rpc:http://127.0.0.1:8000 --archive a --ledgers latest-1000:latest --memory 2GB --sort-by a,b --iceberg',
  'plan --source galexie:./lake --archive ./a --ledgers 1:+10k --layout ledger_range --ledgers-per-folder 100',
  'tail --source galexie:./lake --archive ./a --from committed --max-rows 10000 --max-bytes 64MB --max-age 10m',
  'schedule create daily --source galexie:./lake --archive ./a --every 6h --window 720',
  'verify --archive ./a --deep --trust 426000:aa --ledgers @2025-07-13',
  'query --archive ./a select --at 5 --max-rows 10 --memory 1GiB',
  'compact --archive ./a --datasets ledgers --target-size 128MB',
  'gc --archive ./a --older-than 7d --yes',
  'schema check contract_data --archive ./a --mode FULL',
  'worker --slots 4 --memory 4GB --metrics 127.0.0.1:9464',
  'status backfill-1 --json',
  'retry backfill-1 --all',
  'report --archive ./a --html r.html',
  'files --archive ./a --ledgers 5-9',
  'demo --dir d',
  'completion bash',
  'help ranges',
].map((line) => line.split(' '));

const WORDS = [
  '',
  '-',
  '--',
  '---',
  '-h',
  '--json',
  '--config',
  '--no-json',
  '=',
  '--ledgers=',
  '0',
  '-1',
  '1',
  '4294967295',
  '4294967296',
  '1e3',
  '٣',
  'NaN',
  'Infinity',
  '1-',
  '-5',
  '5-4',
  '1-4294967296',
  'latest',
  'latest-',
  'latest-99999999999',
  '@',
  '@2025-13-40',
  '@0000-00-00',
  '@9999-12-31',
  '@2025-07-13T99:99Z',
  ':',
  '::',
  '1:+',
  '1:+0',
  '1:+99999999999',
  '1,2,3',
  '1,,2',
  '9999999999M',
  '0.0000001M',
  '_',
  '1__0',
  '999999999d',
  '0s',
  '1.5h',
  '0B',
  '99999999999999999999GB',
  `${'9'.repeat(400)}GB`,
  '-5MB',
  '1e9MB',
  '0.0000001k',
  's3://',
  's3://b?x=1',
  's3://u:p@b/x',
  'gs://..',
  'galexie:',
  'rpc:',
  'rpc:http://u:p@h/',
  'rpc:file:///etc/passwd',
  'rpc:http://[::1',
  'https://h/?k=1',
  'ndjson:',
  'ndjson:\0',
  'ndjson:..,',
  'kafka:x',
  'processor:../x',
  'processor:a',
  'file://x',
  'file:///',
  'C:\\x',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'a=b',
  'a=b=c',
  '=',
  'a.b',
  'x'.repeat(5000),
  '\0',
  '\ud800',
  'é',
  '"',
  "'",
  '$(id)',
  '`id`',
  '--types',
  '--source',
  '--archive',
  '--memory',
  '--trust',
  'all',
  'ledgers,ledgers',
  'a,A',
  ',',
  '127.0.0.1:0',
  '127.0.0.1:99999',
  '[::]:1',
  ':1',
  'h:1:2',
];

/**
 * Command lines, and the environment variables of settings: valid ones with words replaced, added, doubled, dropped and
 * spliced. The whole program parses them, with actions that do nothing; then the settings are checked together as
 * `config check` does. Ranges, points and the completion scripts are cases of their own.
 *
 * Oracle: the parse ends, or a coded error of exit code 2 says why not, in at most 20,000 characters and without a part
 * of a location that may be a secret. Numbers of accepted settings are finite; sizes are whole and at most 2^53; ranges
 * are in order and within the ledgers that exist.
 */
export const commandLine: Target = {
  name: 'arguments',
  ci: 1000,
  open: () =>
    Promise.resolve({
      run: async (random) => {
        if (random.chance(3)) return ranges(random);
        const args = words(random);
        const restore = setVariables(random);
        try {
          return await parse(args);
        } catch (error) {
          if (isParquetryError(error)) judge(error);
          throw error;
        } finally {
          restore();
        }
      },
    }),
};

async function parse(args: readonly string[]): Promise<string | undefined> {
  const program = createProgram(new Output(true), () => undefined, args);
  const commands = leaves(program);
  const chosen: { command?: SettingsCommand } = {};
  for (const command of commands) {
    command.configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
    command.action(() => void (chosen.command = command));
  }
  program.configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const usage = usageError(error);
    if (usage === undefined) return undefined;
    throw usage;
  }
  const { command } = chosen;
  if (command === undefined) return undefined;
  const options = command.opts();
  for (const { name, parse: parser } of SETTINGS) {
    const value: unknown = options[attributeName(name)];
    if (parser !== undefined && typeof value === 'number')
      demand(Number.isFinite(value) && value <= Number.MAX_SAFE_INTEGER, () => `${name} is ${value}`);
  }
  const [fault] = checkTogether(command);
  if (fault !== undefined) throw fault;
  if (command.name() === 'completion')
    demand(completionScript('bash', program).length > 0, () => 'no completion');
  return undefined;
}

function leaves(command: SettingsCommand): SettingsCommand[] {
  const inner = command.commands as SettingsCommand[];
  return inner.flatMap((each) => (each.commands.length > 0 ? leaves(each) : [each]));
}

function judge(error: ParquetryError): void {
  const text = JSON.stringify(error);
  demand(error.exitCode === 2, () => `exit code ${error.exitCode} of ${text.slice(0, 500)}`);
  demand(text.length < 20_000, () => `${text.length} characters: ${text.slice(0, 500)}`);
  demand(!text.includes('u:p@'), () => `shows a password: ${text.slice(0, 500)}`);
}

function words(random: Random): string[] {
  const line = [...random.pick(LINES)];
  for (let count = random.below(4); count > 0; count -= 1) {
    const at = random.below(line.length);
    switch (random.below(7)) {
      case 0:
        line.splice(at, 1);
        break;
      case 1:
        line.splice(at, 0, random.pick(WORDS));
        break;
      case 2: {
        const setting = random.pick(SETTINGS);
        line.push(
          `--${random.chance(8) ? 'no-' : ''}${setting.name}${random.chance(2) ? `=${random.pick(WORDS)}` : ''}`,
          random.pick(WORDS),
        );
        break;
      }
      case 3:
        line.splice(at, 0, line[at] ?? '');
        break;
      case 4:
        line.push(...random.pick(LINES).slice(random.below(3)));
        break;
      default:
        line[at] = random.chance(3) ? `${line[at]}${random.pick(WORDS)}` : random.pick(WORDS);
    }
  }
  // A file would be read.
  return line.filter((word) => !word.startsWith('--config'));
}

function setVariables(random: Random): () => void {
  const names: string[] = [];
  if (random.chance(4))
    for (let count = 1 + random.below(2); count > 0; count -= 1) {
      const name = environmentName(random.pick(SETTINGS).name);
      names.push(name);
      process.env[name] = random.pick(WORDS).replaceAll('\0', '');
    }
  return () => {
    for (const name of names) delete process.env[name];
    // Settings of ours that libraries read from the environment.
    for (const name of ['AWS_REGION', 'TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE']) delete process.env[name];
  };
}

function ranges(random: Random): undefined {
  let text = random.chance(2) ? '426000-426100' : random.pick(WORDS);
  for (let count = 1 + random.below(3); count > 0; count -= 1)
    text += random.pick([
      '-',
      ':',
      '+',
      ',',
      '@',
      'k',
      'M',
      '_',
      '.',
      ' ',
      random.digits(1 + random.below(12)),
      random.pick(WORDS),
    ]);
  if (random.chance(3)) {
    parsePoint(text);
    return undefined;
  }
  for (const range of parseRanges(text)) {
    const plain = plainRange(range);
    if (plain !== undefined)
      demand(
        plain.start >= 1 && plain.end >= plain.start && plain.end <= 4_294_967_295,
        () => `${text.slice(0, 100)} is ${plain.start}-${plain.end}`,
      );
    const { end } = range;
    if (end.kind === 'span')
      demand(Number.isSafeInteger(end.seconds), () => `${text.slice(0, 100)} has ${end.seconds} seconds`);
  }
  return undefined;
}

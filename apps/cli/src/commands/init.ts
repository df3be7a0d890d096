import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ParquetryError } from '@parquetry/core';
import type { Question } from '../ask';
import type { Define } from '../cli';
import type { SettingsCommand } from '../command';
import type { Output } from '../output';
import { attributeName, setting } from '../settings';
import { TEMPORAL_SETTINGS } from '../workeroptions';

/** Settings that the file gets when they are given. */
const GIVEN = ['source', 'ledgers', 'types', 'archive', 'layout', 'region', ...TEMPORAL_SETTINGS];
/** Name of the JSON Schema, next to the file. */
const SCHEMA = 'parquetry.schema.json';

interface Options {
  readonly out: string;
  readonly yes?: boolean;
  readonly force?: boolean;
}

/** `parquetry init` */
export const define: Define = ({ command, output, run }) => {
  const init: SettingsCommand = command('init', 'write a configuration file with comments', 'Prepare')
    .settings(GIVEN)
    .option('--out <file>', 'the file to write', 'parquetry.yaml')
    .option('--yes', 'ask nothing: take the options and defaults')
    .option('--force', 'overwrite the file')
    .writes()
    .example('parquetry init --source galexie:./lake --archive ./archive --yes')
    .action((options: Options) => run(() => writeConfig(init, options, output)));
  return init;
};

/** Asks for what is not given on the command line, in the environment or in a file, and writes the file. */
async function writeConfig(
  command: SettingsCommand,
  { out, yes = false, force = false }: Options,
  output: Output,
): Promise<number> {
  const { configSchema } = require('../configschema') as typeof import('../configschema');
  const { configText } = require('../configfile') as typeof import('../configfile');
  const schemaFile = path.join(path.dirname(out), SCHEMA);
  const schema = `${JSON.stringify(configSchema(), undefined, 2)}\n`;
  if (!force) {
    assertNew(out);
    if (existsSync(schemaFile) && readFileSync(schemaFile, 'utf8') !== schema) assertNew(schemaFile);
  }
  const given = new Map(
    GIVEN.flatMap((name) => {
      const text = command.origins.get(attributeName(name))?.text;
      return text === undefined ? [] : [[name, text]];
    }),
  );
  const answers = yes ? withDefaults(given) : await askFor(given);
  checkAnswers(answers);
  try {
    writeFileSync(schemaFile, schema);
    writeFileSync(out, configText(answers, out, `./${SCHEMA}`), { flag: force ? 'w' : 'wx' });
  } catch (cause) {
    throw new ParquetryError('CONFIG_INVALID', `${out} can't be written: ${(cause as Error).message}`, {
      cause,
    });
  }
  output.say(`Wrote ${out} and ${schemaFile}. Next:`);
  output.say(`  parquetry doctor --config ${out}`);
  output.say(`  parquetry plan --config ${out}${answers.has('ledgers') ? '' : ' --ledgers FIRST-LAST'}`);
  output.document({ file: out, schema: schemaFile, settings: Object.fromEntries(answers) });
  return 0;
}

function assertNew(file: string): void {
  if (existsSync(file))
    throw new ParquetryError('USAGE', `${file} exists; nothing was written.`, {
      details: { file },
      hint: 'Use --force to overwrite it, or --out to write another file.',
    });
}

function withDefaults(given: ReadonlyMap<string, string>): Map<string, string> {
  if (!given.has('source'))
    throw new ParquetryError('USAGE', '`parquetry init --yes` needs --source.', {
      hint: 'For example --source galexie:./lake; `parquetry help sources` lists the kinds.',
    });
  return new Map([['archive', './archive'], ['layout', String(setting('layout').default)], ...given]);
}

/** The questions, by setting. An empty answer leaves the setting out. */
const QUESTIONS: readonly (readonly [name: string, question: Question])[] = [
  ['source', { text: 'Source (galexie:FOLDER, ndjson:FILES, rpc:URL, …)', check: checkSource }],
  ['archive', { text: 'Archive (a folder, s3://… or gs://…)', standard: './archive', check: checkArchive }],
  [
    'layout',
    {
      text: `Layout (${setting('layout').takes})`,
      standard: String(setting('layout').default),
      check: (answer) => setting('layout').parse?.(answer),
    },
  ],
  [
    'temporal-address',
    {
      text: 'Temporal server (host:port; empty for the embedded server)',
      standard: '',
      check: (answer) => answer === '' || setting('temporal-address').parse?.(answer),
    },
  ],
];

async function askFor(given: ReadonlyMap<string, string>): Promise<Map<string, string>> {
  if (!process.stdin.isTTY)
    throw new ParquetryError('USAGE', '`parquetry init` asks questions on a terminal, and this is not one.', {
      hint: 'Add --yes and give the answers as options, for example --source galexie:./lake.',
    });
  const { Terminal } = require('../ask') as typeof import('../ask');
  // Questions are not the result: with --json, stdout has the document only.
  const terminal = new Terminal(process.stdin, process.stderr);
  const answers = new Map(given);
  try {
    const ask = async (name: string, question: Question): Promise<void> => {
      if (answers.has(name)) return;
      const answer = await terminal.ask(question);
      if (answer !== '') answers.set(name, answer);
    };
    for (const [name, question] of QUESTIONS) await ask(name, question);
    if (answers.has('temporal-address'))
      await ask('temporal-namespace', { text: 'Temporal namespace', standard: 'default' });
  } finally {
    terminal.close();
  }
  return answers;
}

function checkSource(answer: string): void {
  const { sourceUri } = require('../runspec') as typeof import('../runspec');
  sourceUri(answer);
}

function checkArchive(answer: string): void {
  const { archiveRoot } = require('../runspec') as typeof import('../runspec');
  archiveRoot(answer);
}

/** Options and variables are checked like answers. */
function checkAnswers(answers: ReadonlyMap<string, string>): void {
  checkSource(answers.get('source') ?? '');
  checkArchive(answers.get('archive') ?? '');
}

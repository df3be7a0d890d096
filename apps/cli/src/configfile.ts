import { TOPICS, type Setting } from './setting';
import { SETTINGS, configKey } from './settings';

const WIDTH = 96;

/** Topics with settings of runs; those of one command's options are left out. */
const SECTIONS = Object.entries(TOPICS).filter(([topic]) => topic !== 'output') as [
  Setting['topic'],
  string,
][];

/**
 * The text of a configuration file: the given settings by key, the other frequent ones as comments with their defaults,
 * each with its description.
 * @param schema path of the JSON Schema, for editors
 */
export function configText(given: ReadonlyMap<string, string>, file: string, schema: string): string {
  const lines = [
    `# yaml-language-server: $schema=${schema}`,
    `# Settings of Parquetry: \`parquetry COMMAND --config ${file}\`, or PARQUETRY_CONFIG=${file}.`,
    '# The command line and the environment have precedence. `parquetry config show` lists all settings,',
    '# docs/configuration.md explains them. Credentials do not belong here (docs/storage.md).',
    '# A line like `#layout: hour` is a setting with its default: remove the # to change it.',
  ];
  for (const [topic, title] of SECTIONS) {
    const settings = SETTINGS.filter(
      ({ topic: own, used, name }) => own === topic && (used !== 'seldom' || given.has(name)),
    );
    if (settings.length === 0) continue;
    lines.push('', `# --- ${title} ---`);
    for (const setting of settings) lines.push('', ...entry(setting, given.get(setting.name)));
  }
  return `${lines.join('\n')}\n`;
}

function entry({ name, doc, takes, default: standard }: Setting, value: string | undefined): string[] {
  const { stringify } = require('yaml') as typeof import('yaml');
  const key = configKey(name);
  const pair = (text: string | number): string => `${key}: ${stringify(text).trim()}`;
  const described = wrap(`${doc}.`).map((line) => `# ${line}`);
  if (value !== undefined) return [...described, pair(value)];
  return [...described, standard === undefined ? `#${key}:   (${takes})` : `#${pair(standard)}`];
}

/** Breaks a text into lines of at most `WIDTH` characters. */
function wrap(text: string): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && last.length + 1 + word.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}

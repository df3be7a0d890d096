// Writes docs/cli.md from the definition of the command line. `--check` fails when the page is not what the code says.
import { createRequire } from 'node:module';
import path from 'node:path';
import { cell, root, writePage } from './page.mjs';

const require = createRequire(import.meta.url);
const cli = (module) => require(path.join(root, 'apps/cli/dist', module));
const { Output } = cli('output.js');
const { createProgram } = cli('program.js');
const { SETTINGS } = cli('settings.js');

const flagsOf = ({ name, value }) => `--${name}${value === undefined ? '' : ` ${value}`}`;
const BY_FLAGS = new Map(SETTINGS.map((setting) => [flagsOf(setting), setting]));
/** Options that every command has. */
const SHARED = ['--json', '--config', '--help', '--help-all'];

/** The text of `COMMAND --help`; its end has what is not an option: examples. */
function helpText(command) {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  return text;
}

const anchor = (name) => `#${name.replaceAll(' ', '-')}`;
const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? '' : '.'}`;

function section(command, name) {
  const options = command.options.filter(({ hidden, long }) => !hidden && !SHARED.includes(long));
  const usual = options.filter(({ flags, description }) => BY_FLAGS.get(flags)?.doc === description);
  const own = options.filter((option) => !usual.includes(option));
  const lines = [
    '',
    `## ${name}`,
    '',
    sentence(command.description()),
    '',
    '```text',
    `parquetry ${name} ${command.usage()}`,
    '```',
  ];
  const rows = [
    ...command.registeredArguments.map((argument) => [
      argument.name(),
      argument.description,
      argument.defaultValue,
    ]),
    ...own.map((option) => [
      option.flags,
      `${option.description}${option.argChoices === undefined ? '' : `: ${option.argChoices.join(', ')}`}`,
      option.defaultValueDescription ?? option.defaultValue,
    ]),
  ];
  if (rows.length > 0)
    lines.push(
      '',
      '| argument or option | meaning | default |',
      '|---|---|---|',
      ...rows.map(([what, meaning, standard]) => `| \`${what}\` | ${cell(meaning)} | ${standard ?? ''} |`),
    );
  if (usual.length > 0)
    lines.push(
      '',
      `Settings: ${usual.length === SETTINGS.length ? 'all' : usual.map(({ long }) => `\`${long}\``).join(', ')}.`,
    );
  const examples = /\nExamples?:\n((?: *\$ .+\n?)+)/.exec(helpText(command))?.[1];
  if (examples !== undefined)
    lines.push(
      '',
      '```sh',
      ...examples
        .trimEnd()
        .split('\n')
        .map((line) => line.replace(/^ *\$ /, '')),
      '```',
    );
  return lines;
}

const program = createProgram(new Output(false), () => undefined);
const groups = new Map();
const sections = [];
for (const command of program.commands) {
  const group = command.helpGroup().replace(/:$/, '');
  groups.set(group, [...(groups.get(group) ?? []), command]);
  if (command.commands.length === 0) sections.push(...section(command, command.name()));
  else {
    sections.push('', `## ${command.name()}`, '', sentence(command.description()));
    for (const sub of command.commands) sections.push(...section(sub, `${command.name()} ${sub.name()}`));
  }
}
const lines = [
  '# Commands',
  '',
  'Every command takes `--help`, `--json` (one JSON document on stdout, everything else on stderr) and `--config FILE`. The',
  '[exit codes](help.md#exit-codes) are the same for all commands. An option that is also a *setting* may come from the',
  'environment or a file as well; [configuration](configuration.md) explains each setting once.',
  '',
  'This page is generated from the code by `npm run docs`; a test fails when it is out of date.',
];
for (const [group, commands] of groups)
  lines.push(
    '',
    `**${group}**`,
    '',
    '| command | |',
    '|---|---|',
    ...commands.map(
      (command) => `| [${command.name()}](${anchor(command.name())}) | ${cell(command.description())} |`,
    ),
  );
writePage('docs/cli.md', `${[...lines, ...sections].join('\n')}\n`);

import { ParquetryError } from '@parquetry/core';
import { Argument } from 'commander';
import type { Cli, Define } from '../cli';
import type { SettingsCommand } from '../command';
import { TOPIC_NAMES } from '../topicnames';

/** `parquetry help` */
export const define: Define = (cli) =>
  cli
    .command('help', 'show the help of a command, a topic or an error code', 'Look')
    .addArgument(new Argument('[name...]', `a command, an error code, or a topic: ${TOPIC_NAMES.join(', ')}`))
    .example('parquetry help exit-codes')
    .action((names: readonly string[]) => cli.run(async () => showHelp(names, cli)));

function showHelp(names: readonly string[], { output, program }: Cli): number {
  const [name, ...rest] = names;
  const { TOPICS } = require('../topics') as typeof import('../topics');
  const { explained } = require('../topics/codes') as typeof import('../topics/codes');
  const text =
    rest.length > 0 || name === undefined
      ? undefined
      : (TOPICS.find((entry) => entry.name === name)?.text() ?? explained(name));
  if (text !== undefined) {
    output.say(text);
    output.document({ topic: name, text });
    return 0;
  }
  let found: SettingsCommand | undefined = program(names);
  for (const part of names)
    found = found?.commands.find((entry) => entry.name() === part) as SettingsCommand | undefined;
  if (found === undefined)
    throw new ParquetryError('USAGE', `There is no command, topic or error code "${names.join(' ')}".`, {
      hint: `Topics: ${TOPIC_NAMES.join(', ')}. \`parquetry --help\` lists the commands.`,
    });
  let help = '';
  found.configureOutput({ writeOut: (part) => (help += part) }).outputHelp();
  output.say(help.trimEnd());
  output.document({ command: names.join(' '), text: help });
  return 0;
}

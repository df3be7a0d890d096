import { ParquetryError } from '@parquetry/core';
import { Argument } from 'commander';
import type { Cli, Define } from '../cli';
import type { SettingsCommand } from '../command';
import { TOPIC_NAMES } from '../topicnames';

/** `parquetry help` */
export const define: Define = (cli) =>
  cli
    .command('help', 'show the help of a command or a topic', 'Look')
    .addArgument(new Argument('[name...]', `a command, or a topic: ${TOPIC_NAMES.join(', ')}`))
    .example('parquetry help exit-codes')
    .action((names: readonly string[]) => cli.run(async () => showHelp(names, cli)));

function showHelp(names: readonly string[], { output, program }: Cli): number {
  const [name, ...rest] = names;
  const { TOPICS } = require('../topics') as typeof import('../topics');
  const topic = rest.length === 0 ? TOPICS.find((entry) => entry.name === name) : undefined;
  if (topic !== undefined) {
    output.say(topic.text());
    output.document({ topic: topic.name, text: topic.text() });
    return 0;
  }
  let found: SettingsCommand | undefined = program(names);
  for (const part of names)
    found = found?.commands.find((entry) => entry.name() === part) as SettingsCommand | undefined;
  if (found === undefined)
    throw new ParquetryError('USAGE', `There is no command and no topic "${names.join(' ')}".`, {
      hint: `Topics: ${TOPIC_NAMES.join(', ')}. \`parquetry --help\` lists the commands.`,
    });
  let text = '';
  found.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  output.say(text.trimEnd());
  output.document({ command: names.join(' '), text });
  return 0;
}

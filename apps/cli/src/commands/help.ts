import { ParquetryError } from '@parquetry/core';
import { Argument } from 'commander';
import type { Define } from '../cli';
import type { SettingsCommand } from '../command';
import type { Output } from '../output';
import { TOPIC_NAMES } from '../topicnames';

/** `parquetry help` */
export const define: Define = ({ command, output, run }) =>
  command('help', 'show the help of a command or a topic', 'Look')
    .addArgument(new Argument('[name...]', `a command, or a topic: ${TOPIC_NAMES.join(', ')}`))
    .example('parquetry help exit-codes')
    .action((names: readonly string[]) => run(async () => showHelp(names, output)));

function showHelp(names: readonly string[], output: Output): number {
  const [name, ...rest] = names;
  const { TOPICS } = require('../topics') as typeof import('../topics');
  const topic = rest.length === 0 ? TOPICS.find((entry) => entry.name === name) : undefined;
  if (topic !== undefined) {
    output.say(topic.text());
    output.document({ topic: topic.name, text: topic.text() });
    return 0;
  }
  const { createProgram } = require('../program') as typeof import('../program');
  const program = createProgram(output, () => undefined, names);
  let found: SettingsCommand | undefined = program;
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

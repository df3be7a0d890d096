import { VARIABLES } from '../environment';
import { TOPICS } from '../setting';
import { SETTINGS, environmentName } from '../settings';
import { type Topic, definitions } from './topic';

/** `parquetry help environment` */
export const environment: Topic = {
  name: 'environment',
  summary: 'environment variables: settings, Temporal, storage, credentials',
  text: () => `Every setting has a variable. Precedence: command line, environment, configuration file,
profile, default. An empty variable counts as not set. \`parquetry config show\` prints what
is set and where it comes from.

${Object.entries(TOPICS)
  .map(([topic, title]) => {
    const own = SETTINGS.filter((setting) => setting.topic === topic);
    return `**${title}**\n\n${definitions(own.map(({ name }) => [environmentName(name), `as --${name}`]))}`;
  })
  .join('\n\n')}

**Other variables.** Temporal's and the cloud SDKs' own names; credentials come only from here.

${definitions(VARIABLES.map(({ name, doc }) => [name, doc]))}`,
};

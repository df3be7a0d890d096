import type { Define } from '../cli';

/** `parquetry config schema` */
export const define: Define = ({ command, output, run }) =>
  command('schema', 'print the JSON Schema of the configuration file, for editors')
    .example('parquetry config schema > parquetry.schema.json')
    .action(() =>
      run(async () => {
        const { configSchema } = require('../configschema') as typeof import('../configschema');
        const schema = configSchema();
        output.say(JSON.stringify(schema, undefined, 2));
        output.document(schema);
        return 0;
      }),
    );

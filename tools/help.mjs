// Writes docs/help.md from the texts of `parquetry help TOPIC`. `--check` fails when the page is not what the code says.
import { createRequire } from 'node:module';
import path from 'node:path';
import { root, writePage } from './page.mjs';

const require = createRequire(import.meta.url);
const { TOPICS } = require(path.join(root, 'apps/cli/dist/topics'));

writePage(
  'docs/help.md',
  `# Help topics

\`parquetry help TOPIC\` prints these texts. This page is generated from the code by \`npm run docs\`; a test fails when it is
out of date.
${TOPICS.map((topic) => `\n## ${topic.name}\n\n${topic.text()}\n`).join('')}`,
);

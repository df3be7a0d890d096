// Writes docs/help.md from the texts of `parquetry help TOPIC`. `--check` fails when the page is not what the code says.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const { TOPICS } = require(path.join(root, 'apps/cli/dist/topics'));

const text = `# Help topics

\`parquetry help TOPIC\` prints these texts. This page is generated from the code by \`npm run docs\`; a test fails when it is
out of date.
${TOPICS.map((topic) => `\n## ${topic.name}\n\n${topic.text()}\n`).join('')}`;
const target = path.join(root, 'docs/help.md');
if (!process.argv.includes('--check')) writeFileSync(target, text);
else if (readFileSync(target, 'utf8') !== text) {
  console.error('docs/help.md is out of date: run `npm run docs`.');
  process.exit(1);
}

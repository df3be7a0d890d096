// Writes docs/errors.md from the code tables of libs/core. `--check` fails when the page is out of date.
import { createRequire } from 'node:module';
import { writePage } from './page.mjs';

const require = createRequire(import.meta.url);
const { ERROR_CODES, FINDING_CODES, REJECT_CODES } = require('@parquetry/core');

const table = (codes) => Object.entries(codes).map(([code, text]) => `| ${code} | ${text} |`);
const lines = [
  '# Errors',
  '',
  'An error has a stable code, a sentence that says what failed, and a hint that says what to do next. `--json` prints them as',
  '`{"error": {"code", "message", "details", "hint"}}`; in Temporal the code is the type of the failure.',
  '',
  'This page is generated from the code by `npm run docs`; a test fails when it is out of date.',
  '',
  '## Codes',
];
for (const [code, { exit, retryable, cause, example, remedy }] of Object.entries(ERROR_CODES))
  lines.push(
    '',
    `### ${code}`,
    '',
    cause,
    '',
    `- Example: ${example}`,
    `- Remedy: ${remedy}`,
    `- Exit code ${exit}; a workflow ${retryable ? 'retries the step' : 'does not retry the step'}.`,
  );
lines.push(
  '',
  '## Rejects',
  '',
  'A message that can’t be stored exactly becomes a reject with one of these codes ([messages](messages.md)).',
  '',
  '| code | meaning |',
  '|---|---|',
  ...table(REJECT_CODES),
  '',
  '## Findings',
  '',
  'What `verify` and `audit` report. Where an object can’t be read, the finding has the code of that error.',
  '',
  '| code | meaning |',
  '|---|---|',
  ...table(FINDING_CODES),
);
writePage('docs/errors.md', `${lines.join('\n')}\n`);

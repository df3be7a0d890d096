import { existsSync } from 'node:fs';
import path from 'node:path';
import { ParquetryError } from '@parquetry/core';

const FILE = path.join(__dirname, '..', 'dist', 'workflow-bundle.js');

/** The workflow code as one script, which the build makes. @throws ParquetryError INTERNAL if it is missing */
export function workflowBundle(): string {
  if (existsSync(FILE)) return FILE;
  throw new ParquetryError('INTERNAL', `The workflow code ${FILE} is missing.`, {
    hint: 'Run `npm run build` in the checkout, or install the package again.',
  });
}

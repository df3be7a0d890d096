import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ParquetryError } from '@parquetry/core';
import { FAILURE_PAYLOADS, FAILURE_TEXTS } from '@parquetry/workflows';

const FILE = path.join(__dirname, '..', 'dist', 'workflow-bundle.js');

/**
 * The workflow code as one script, which the build makes. `encrypts`: with the texts of its failures as payloads, which
 * the codec encrypts; workflow code can't read the settings of its worker.
 * @throws ParquetryError INTERNAL if it is missing
 */
export function workflowBundle(encrypts: boolean): { readonly codePath: string } | { readonly code: string } {
  if (existsSync(FILE))
    return encrypts
      ? { code: readFileSync(FILE, 'utf8').replaceAll(FAILURE_TEXTS, FAILURE_PAYLOADS) }
      : { codePath: FILE };
  throw new ParquetryError('INTERNAL', `The workflow code ${FILE} is missing.`, {
    hint: 'Run `npm run build` in the checkout, or install the package again.',
  });
}

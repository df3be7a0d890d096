import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { isSecretVariable } from '@parquetry/core';

const ROOT = path.resolve(__dirname, '../..');
/** Names that end like secrets and are none: ids of keys, and the files that secrets are in. */
const PUBLIC = ['PARQUETRY_S3_SSE_KMS_KEY_ID', 'PARQUETRY_GCS_SSE_KMS_KEY_ID'];

/** Names of environment variables in the source of what users run. */
function variables(): string[] {
  const found = new Set<string>();
  for (const group of ['apps', 'libs'])
    for (const name of readdirSync(path.join(ROOT, group))) {
      const folder = path.join(ROOT, group, name, 'src');
      for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
        if (file.endsWith('.ts') && !file.endsWith('.test.ts'))
          for (const [, variable = ''] of readFileSync(path.join(folder, file), 'utf8').matchAll(
            /\b((?:PARQUETRY|TEMPORAL|AWS|OTEL|ICEBERG|GOOGLE)_[A-Z0-9_]+)\b/g,
          ))
            found.add(variable);
    }
  return [...found].sort();
}

it('every variable whose name says so is treated as a secret', () => {
  const named = variables().filter((name) => /_(KEYS?|TOKEN|SECRET|PASSWORD|HEADERS|KEY_DATA)$/.test(name));
  expect(named.length).toBeGreaterThan(8);
  expect(named.filter((name) => !isSecretVariable(name) && !PUBLIC.includes(name))).toEqual([]);
});

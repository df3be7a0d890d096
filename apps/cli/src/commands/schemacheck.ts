import { readFile } from 'node:fs/promises';
import {
  COMPATIBILITY_MODES,
  type CompatibilityMode,
  DEFAULT_MODE,
  ParquetryError,
  parseMode,
} from '@parquetry/core';
import { Option } from 'commander';
import type { SchemaChange } from '@parquetry/schema';
import type { Define } from '../cli';
import type { Output } from '../output';
import { SUBJECT } from '../schemaarguments';

/** Maximum size of a schema file; 2,000 documented columns need far less. */
const MAX_BYTES = 16_000_000;

/** `parquetry schema check` */
export const define: Define = ({ command, output, run }) =>
  command('check', 'check whether a schema may be the next version; exit 1, with the reasons, if not')
    .argument(...SUBJECT)
    .argument('<file>', 'JSON file, as `schema show --json` prints it')
    .settings(['archive', 'region'], { required: ['archive'] })
    .addOption(
      new Option('--mode <name>', 'compatibility mode')
        .choices(COMPATIBILITY_MODES.map((mode) => mode.toLowerCase()))
        .argParser(parseMode)
        .default(DEFAULT_MODE),
    )
    .example('parquetry schema check payment payment.json --archive ./archive --mode full')
    .action(
      (subject: string, file: string, { archive, mode }: { archive: string; mode: CompatibilityMode }) =>
        run(() => schemaCheck(archive, subject, file, mode, output)),
    );

async function schemaCheck(
  root: string,
  subject: string,
  file: string,
  mode: CompatibilityMode,
  output: Output,
): Promise<number> {
  const { schemaConflict } = require('@parquetry/archive') as typeof import('@parquetry/archive');
  const { describeChange, parseTableSchema } =
    require('@parquetry/schema') as typeof import('@parquetry/schema');
  const { openArchive } = require('../archive') as typeof import('../archive');
  const withText = (change: SchemaChange): SchemaChange & { text: string } => ({
    ...change,
    text: describeChange(change),
  });
  const schema = parseTableSchema(await readText(file));
  const { archive } = await openArchive(root);
  const latest = await archive.registry.latest(subject);
  const version = latest?.version ?? 0;
  const result = await archive.registry.check(subject, schema, { mode });
  const document = {
    compatible: result.compatible,
    subject,
    mode,
    version,
    changes: result.changes.map(withText),
    breaking: result.breaking.map((one) => ({ ...one, change: withText(one.change) })),
  };
  for (const change of result.changes) output.say(describeChange(change));
  if (!result.compatible) return output.fail(schemaConflict(subject, version, mode, result), document);
  output.say(
    version === 0
      ? `Compatible: it would be the first version of ${subject}.`
      : result.changes.length === 0
        ? `Compatible: ${subject} has this schema already.`
        : `Compatible with ${subject} version ${version} in mode ${mode}.`,
  );
  output.document(document);
  return 0;
}

async function readText(file: string): Promise<string> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new ParquetryError('USAGE', `The file ${file} can't be read.`, { details: { file }, cause });
  });
  if (bytes.length <= MAX_BYTES) return bytes.toString('utf8');
  throw new ParquetryError('USAGE', `The file ${file} is too large for a schema.`, {
    details: { file, bytes: bytes.length, limit: MAX_BYTES },
  });
}

import { ALL_LEDGERS, parseRanges, plainRange } from '@parquetry/core';
import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import type { RunSpec } from '@parquetry/workflows';
import { fillCommand, shellWord, sourcelessCommand } from './fillcommand';
import { SettingsCommand } from './command';
import { type BackfillOptions, MODE_SETTINGS, REQUIRED, RUN_SETTINGS } from './runoptions';
import { backfillInput } from './runspec';

const RANGE = { start: 420_010, end: 420_019 };

/** The words of a command as a shell reads them. */
function words(command: string): string[] {
  const { stdout } = spawnSync('sh', ['-c', `printf '%s\\0' ${command}`], { encoding: 'utf8' });
  return stdout.split('\0').slice(0, -1);
}

/** The spec that a user gets who pastes the command. */
function pasted(command: string): RunSpec {
  const [program, name, ...args] = words(command);
  expect([program, name]).toEqual(['parquetry', 'backfill']);
  const parser = new SettingsCommand('backfill')
    .exitOverride()
    .settings([...RUN_SETTINGS, ...MODE_SETTINGS], { required: REQUIRED })
    .action(() => undefined);
  parser.parse(args, { from: 'user' });
  const options = parser.opts<BackfillOptions>();
  const range = parseRanges(options.ledgers).map(plainRange)[0];
  return backfillInput(options, range ?? ALL_LEDGERS).spec;
}

const PLAIN: RunSpec = {
  source: { uri: 'galexie:/lakes/pubnet' },
  archive: '/archives/a',
  range: { start: 420_000, end: 420_099 },
  partitionSize: 1000,
  types: ['ledgers', 'transactions'],
  settings: { compression: 'snappy', layout: { kind: 'ledger_day' } },
  maxRejects: 0,
  verify: 'ledger',
};

describe('the command that fills a gap', () => {
  it('leaves out what is the default', () => {
    expect(fillCommand(PLAIN, '/archives/a', { range: RANGE, datasets: ['ledgers'] })).toBe(
      'parquetry backfill --source galexie:/lakes/pubnet --archive /archives/a --ledgers 420010-420019 --types ledgers',
    );
  });

  it('gives the spec of the original run, for any settings', () => {
    const spec: RunSpec = {
      ...PLAIN,
      source: {
        uri: `ndjson:/in/it's here/*.ndjson,/in/b.ndjson`,
        defaultType: 'payment',
        closeTime: { payment: 'at', trade: 'when.closed' },
        ledger: { payment: 'seq' },
      },
      types: ['payment', 'trade'],
      network: 'testnet',
      prefix: 'lake/x',
      partitionSize: 10,
      nested: 'json',
      contract: { columns: 'freeze', types: 'evolve' },
      compatibility: 'FULL_TRANSITIVE',
      unknown: 'keep',
      rowHashes: true,
      maxRejects: 7,
      verify: 'full',
      settings: {
        compression: 'zstd',
        compressionLevel: 9,
        layout: { kind: 'ledger_range', width: 64 },
        maxRowsPerFile: 100,
        maxFileBytes: 5_000_000,
        sortBy: ['a', 'b c'],
        integers: 'unsigned',
        metadata: false,
      },
    };
    const command = fillCommand(spec, spec.archive, { range: RANGE, datasets: ['payment', 'trade'] });
    expect(pasted(command)).toEqual({ ...spec, range: RANGE });
    const signed = { ...spec, settings: { ...spec.settings, integers: 'signed' as const } };
    expect(
      pasted(fillCommand(signed, spec.archive, { range: RANGE, datasets: ['payment', 'trade'] })),
    ).toEqual({
      ...signed,
      range: RANGE,
    });
  });

  it('fills: a run that replaced files gives a command that does not', () => {
    const spec: RunSpec = { ...PLAIN, mode: 'replace', schema: 'latest', keepReplaced: true };
    const { mode, schema, keepReplaced, ...rest } = spec;
    const command = fillCommand(spec, spec.archive, { range: RANGE, datasets: ['ledgers', 'transactions'] });
    expect(pasted(command)).toEqual({ ...rest, range: RANGE });
  });

  it('names message types, once each, also for datasets of later majors', () => {
    const command = fillCommand(
      PLAIN,
      's3://lake/a',
      { range: RANGE, datasets: ['ledgers', 'ledgers.v2'] },
      'eu-west-1',
    );
    expect(command).toContain(
      '--archive s3://lake/a --region eu-west-1 --ledgers 420010-420019 --types ledgers',
    );
    expect(command).not.toContain('v2');
  });

  it('asks for the source when it is unknown, with the settings that the archive requires', () => {
    const layout = { kind: 'ledger_range', width: 64 } as const;
    const command = sourcelessCommand({ layout }, '/a b', { range: RANGE, datasets: ['x'] });
    expect(command).toBe(
      `parquetry backfill --source SOURCE --archive '/a b' --ledgers 420010-420019 --types x --layout ledger_range --ledgers-per-folder 64`,
    );
    const filled = pasted(command.replace('SOURCE', 'ndjson:/in/x.ndjson'));
    expect(filled.settings.layout).toEqual(layout);
  });

  it('quotes every text so that a shell reads it back as one word', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => !text.includes('\0')),
        (text) => {
          expect(words(shellWord(text))).toEqual([text]);
        },
      ),
      { numRuns: 30 },
    );
  });
});

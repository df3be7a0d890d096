import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { assertMessageType } from '@parquetry/core';
import type { CommanderError } from 'commander';
import type { SettingsCommand } from './command';
import { Output } from './output';
import { createProgram, usageError } from './program';
import { SETTINGS } from './settings';

const program = createProgram(new Output(true), () => undefined);

function all(command: SettingsCommand): SettingsCommand[] {
  return [command, ...(command.commands as SettingsCommand[]).flatMap(all)];
}

/** The commands that do something, with their whole help text. */
const commands = all(program)
  .filter(({ commands: subs }) => subs.length === 0)
  .map((command): [string, SettingsCommand, string] => {
    let text = '';
    command.configureOutput({ writeOut: (part) => (text += part) });
    command.outputHelp();
    return [
      command.parent === program ? command.name() : `${command.parent?.name()} ${command.name()}`,
      command,
      text,
    ];
  });

// The examples name this file.
const folder = mkdtempSync(path.join(tmpdir(), 'parquetry-help-'));
const before = process.cwd();
beforeAll(() => {
  writeFileSync(path.join(folder, 'parquetry.yaml'), 'source: galexie:lake\narchive: archive\n');
  process.chdir(folder);
});
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

describe('the help', () => {
  it('lists the commands in groups and names nothing that is not available', () => {
    const help = program.helpInformation();
    expect([...help.matchAll(/^(\w+):$/gm)].map(([, heading]) => heading)).toEqual([
      'Options',
      'Prepare',
      'Run',
      'Watch',
      'Check',
      'Look',
      'Maintain',
    ]);
    expect(help).not.toMatch(/not available/);
  });

  it.each(commands)('of %s has one example, which the command line understands', (name, command, text) => {
    const examples = [...text.matchAll(/^ {2}\$ (?:[A-Z_]+=\S+ )?parquetry (.+)$/gm)].map(
      ([, line = '']) => line,
    );
    expect(examples).toHaveLength(1);
    const args = [...(examples[0] ?? '').matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)]
      .map(([, double, single, plain]) => double ?? single ?? plain ?? '')
      .filter((_, index, words) => !words.slice(0, index + 1).includes('>'));
    expect(args.slice(0, name.split(' ').length).join(' ')).toBe(name);
    const rest = args.slice(name.split(' ').length);
    const fresh = createProgram(new Output(true), () => undefined, args);
    const found = name
      .split(' ')
      .reduce<SettingsCommand>(
        (at, part) => at.commands.find((one) => one.name() === part) as SettingsCommand,
        fresh,
      );
    const { unknown } = found.parseOptions(rest);
    expect({ name, unknown }).toEqual({ name, unknown: [] });
    expect(command.registeredArguments.filter(({ required }) => required).length).toBeLessThanOrEqual(
      found.parseOptions(rest).operands.length,
    );
  });

  it('of a long command begins with the five most used settings and leaves the seldom used ones to --help-all', () => {
    const [, , text = ''] = commands.find(([name]) => name === 'backfill') ?? [];
    const first = text.slice(text.indexOf('Most used:'), text.indexOf('Archive:'));
    expect([...first.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, name]) => name)).toEqual([
      'source',
      'archive',
      'ledgers',
      'types',
      'partition-size',
    ]);
    expect([...text.matchAll(/^([A-Z][\w ]+):$/gm)].map(([, heading]) => heading)).toEqual([
      'Most used',
      'Archive',
      'Files',
      'Run',
      'Worker',
      'Output',
      'Example',
    ]);
    expect(text).not.toContain('--contract-columns');
    let everything = '';
    const fresh = createProgram(new Output(true), () => undefined, ['backfill']);
    const backfill = fresh.commands[0] as SettingsCommand;
    backfill.configureOutput({ writeOut: (part) => (everything += part) });
    expect(() => fresh.parse(['backfill', '--help-all'], { from: 'user' })).toThrow(
      expect.objectContaining({ exitCode: 0 }),
    );
    for (const option of backfill.options.filter(({ hidden }) => !hidden))
      expect(everything).toContain(option.long);
  });

  it('of a command that may run a worker leaves the seldom used settings of the worker to --help-all', () => {
    const [, , text = ''] = commands.find(([name]) => name === 'retry') ?? [];
    expect(text).toMatch(/^ {2}--memory .*^ {2}--help-all /ms);
    expect(text).not.toMatch(/--drain|--take-over-after/);
  });

  it('has every option of the table only once: commands declare no setting of their own', () => {
    const names = new Set(SETTINGS.map(({ name }) => name));
    const own = commands.flatMap(([name, command]) =>
      command.options
        .filter((option) => names.has(option.name()) && !option.negate && !option.hidden)
        .filter(
          (option) =>
            !SETTINGS.some(
              ({ name: entry, value }) =>
                option.flags === (value === undefined ? `--${entry}` : `--${entry} ${value}`),
            ),
        )
        .map((option) => `${name} ${option.flags}`),
    );
    // These take something else than the setting of their name.
    expect(own).toEqual([
      'sample --ledgers <count>',
      'retry --ledgers <which>',
      'export --compression <name>',
      'schema check --mode <name>',
      'schema promote --from <ledger>',
      'clone --from <archive>',
      'maintain --every <interval>',
    ]);
  });
});

it.each([
  [['s3://user:secret@bucket/x'], /unknown command 's3:\/\/\*\*\*@bucket/],
  [['runs', '--rpc=http://user:secret@host/'], /unknown option '--rpc=http:\/\/\*\*\*@host/],
  [['backfill', '--concurrency', 'rpc:https://host/?key=secret'], /argument 'rpc:https:\/\/host\/\?\*\*\*/],
])('a usage error does not show the password in %j', async (args, shown) => {
  const parsed = createProgram(new Output(true), () => undefined, args).parseAsync(args, { from: 'user' });
  const error = usageError((await parsed.then(undefined, (thrown: unknown) => thrown)) as CommanderError);
  expect(error?.message).toMatch(shown);
  expect(error?.message).not.toContain('secret');
});

it('a wrong setting does not show the password in it', () => {
  process.env['PARQUETRY_DRAIN'] = 'https://user:secret@host/';
  try {
    const parse = (): unknown =>
      createProgram(new Output(true), () => undefined, ['worker']).parse(['worker'], { from: 'user' });
    expect(parse).toThrow('PARQUETRY_DRAIN: "https://***@host/" is not valid.');
    expect(() => assertMessageType('https://user:secret@host/')).toThrow(/^"https:\/\/\*\*\*@host/);
  } finally {
    delete process.env['PARQUETRY_DRAIN'];
  }
});

it('the version is that of the package', () => {
  const { version } = JSON.parse(readFileSync(path.join(__dirname, '../package.json'), 'utf8')) as {
    version: string;
  };
  expect(program.version()).toBe(version);
});

import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { ERROR_CODES, FINDING_CODES, REJECT_CODES } from '@parquetry/core';
import { Output } from '../../apps/cli/src/output';
import { createProgram } from '../../apps/cli/src/program';
import { SETTINGS } from '../../apps/cli/src/settings';
import { markdownFiles } from './pages';

const ROOT = path.resolve(__dirname, '../..');

/** Phrases that readers had to decode, with what to write instead. */
const BANNED: readonly (readonly [phrase: RegExp, instead: string])[] = [
  [/\b(it|which|that) is none\b/i, 'does not exist, is not one'],
  [/\breckon/i, 'count, compute'],
  [/\bheirs?\b/i, 'the worker that takes over'],
  [/\banew\b/i, 'again'],
  [/\bmend(s|ed|ing)?\b/i, 'fix, repair'],
  [/\bso many\b/i, 'at most, this number of'],
  [/\bwho(so)?ever\b/i, 'you, the caller'],
  [/\bsomebody\b/i, 'someone, a person, another writer'],
  [/\bnobody\b/i, 'no one, nothing'],
  [/\btold (from|apart)\b/i, 'distinguished, identified'],
  [/\blook(s|ed|ing)? over\b/i, 'read, index, check'],
  [/\bheld against\b/i, 'compared with'],
  [/\bbeside\b/i, 'next to, with, besides'],
  [/\bstands\b/i, 'is'],
  [/\bgoes on\b/i, 'continues'],
  [/\b(is|are) not there\b/i, 'does not exist, is missing, is not installed'],
  [/\bthat (is|are) there\b/i, 'existing, installed'],
  [/\bh(e|o)ld(s|ing)? (them |it )?apart\b/i, 'distinguish'],
  [/\bonce more\b/i, 'again'],
  [/\bfor good\b/i, 'permanently'],
  [/\b(give|gave|gives) (them|it|these \w+) up\b|\bgiven up by\b/i, 'skip, stop'],
  [/\banother \w+ than\b/i, 'a different … from'],
  [/\bother (bytes|rows|ledgers|values) than\b/i, 'bytes that differ from'],
];

/** Where a text has a banned phrase: `line: text`. */
function findings(text: string): string[] {
  return text
    .split('\n')
    .flatMap((line, index) =>
      BANNED.flatMap(([phrase, instead]) =>
        phrase.test(line)
          ? [`${index + 1}: "${phrase.exec(line)?.[0]}" (write: ${instead}): ${line.trim()}`]
          : [],
      ),
    );
}

/** Every page, except the vocabulary, which also names the words that it replaces. */
function pages(): string[] {
  return markdownFiles(ROOT).filter((page) => page !== 'docs/vocabulary.md');
}

/** Committed source files, except this one, which contains the phrases. */
function sources(): string[] {
  return ['libs', 'apps', 'tests', 'bench', 'tools', 'examples'].flatMap((root) =>
    readdirSync(path.join(ROOT, root), { recursive: true, encoding: 'utf8' })
      .map((name) => path.join(root, name))
      .filter((name) => /\.(ts|mjs|cjs|py)$/.test(name) && !/\/(dist|node_modules|output)\//.test(name))
      .filter((name) => !name.endsWith(path.relative(ROOT, __filename))),
  );
}

/** The help of a command and of all commands below it. */
function helpOf(command: ReturnType<typeof createProgram>): string {
  return [command.helpInformation(), ...command.commands.map((own) => helpOf(own as typeof command))].join(
    '\n',
  );
}

describe('plain words', () => {
  it.each(pages())('in %s', (page) => {
    expect(findings(readFileSync(path.join(ROOT, page), 'utf8'))).toEqual([]);
  });

  it('in source code, tests, benchmarks and tools', () => {
    const files = sources();
    expect(files.length).toBeGreaterThan(800);
    const found = files.flatMap((file) =>
      findings(readFileSync(path.join(ROOT, file), 'utf8')).map((text) => `${file}:${text}`),
    );
    expect(found).toEqual([]);
  });

  it('in the help of every command and every setting', () => {
    const help = helpOf(createProgram(new Output(false), () => undefined));
    expect(help).toContain('backfill');
    expect(findings(help)).toEqual([]);
    expect(findings(SETTINGS.map(({ doc }) => doc).join('\n'))).toEqual([]);
  });

  it('in the catalogues of errors, rejects and findings', () => {
    const errors = Object.values(ERROR_CODES).flatMap(({ cause, example, remedy }) => [
      cause,
      example,
      remedy,
    ]);
    const texts = [...errors, ...Object.values(REJECT_CODES), ...Object.values(FINDING_CODES)];
    expect(texts.length).toBeGreaterThan(100);
    // Each code has a cause, an example and a remedy, and each is a sentence.
    expect(texts.filter((text) => !/^.{9,}\.$/.test(text))).toEqual([]);
    expect(findings(texts.join('\n'))).toEqual([]);
  });

  it('are found as whole words only', () => {
    expect(findings('Nobody reckons\nan amended heirloom')).toHaveLength(2);
  });
});

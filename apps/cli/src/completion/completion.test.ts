import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Output } from '../output';
import { createProgram } from '../program';
import { completionScript } from '.';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'parquetry-completion-'));
  mkdirSync(path.join(folder, 'lake folder'));
  writeFileSync(path.join(folder, 'lake.yaml'), '');
  for (const shell of ['bash', 'zsh', 'fish'] as const)
    writeFileSync(
      path.join(folder, shell),
      completionScript(
        shell,
        createProgram(new Output(true), () => undefined),
      ),
    );
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(shell: string, ...args: string[]): { stdout: string; stderr: string; status: number | null } {
  return spawnSync(shell, args, {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: folder, TERM: 'dumb', LC_ALL: 'C.UTF-8' },
    timeout: 60_000,
  });
}

function has(shell: string): boolean {
  return spawnSync(shell, ['-c', 'true']).status === 0;
}

/** Completions of a line by bash: what its function for the command puts into COMPREPLY. */
function bash(...lines: readonly string[][]): string[][] {
  const calls = lines.map(
    (words) =>
      `COMP_WORDS=(parquetry ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; "$f"; printf '%s\\n' "\${COMPREPLY[@]}"; echo ---`,
  );
  const { stdout, stderr } = run(
    'bash',
    '--norc',
    '-c',
    `source ./bash; f=$(complete -p parquetry | sed 's/.*-F \\([^ ]*\\) .*/\\1/'); ${calls.join('; ')}`,
  );
  expect(stderr).toBe('');
  return stdout
    .split('---\n')
    .slice(0, -1)
    .map((part) => part.split('\n').filter((word) => word !== ''));
}

describe('bash', () => {
  it('completes commands, subcommands, options, and words of options', () => {
    const [top, sub, long, layout, equals, mode, schemaMode, shells, topics, spec] = bash(
      ['ba'],
      ['schedule', ''],
      ['backfill', '--par'],
      ['backfill', '--layout', ''],
      ['backfill', '--layout', '=', 'h'],
      ['backfill', '--mode', ''],
      ['schema', 'check', '--mode', 'full'],
      ['completion', ''],
      ['help', 'exit'],
      ['tail', '--from', 'c'],
    );
    expect(top).toEqual(['backfill']);
    expect(sub).toEqual(['create', 'list', 'trigger', 'pause', 'unpause', 'delete']);
    expect(long).toEqual(['--partition-size']);
    expect(layout).toEqual(['ledger_day', 'ledger_range', 'hour']);
    expect(equals).toEqual(['hour']);
    expect(mode).toEqual(['fill', 'replace']);
    expect(schemaMode).toEqual(['full', 'full_transitive']);
    expect(shells).toEqual(['bash', 'zsh', 'fish']);
    expect(topics).toEqual(['exit-codes']);
    expect(spec).toEqual(['committed']);
  });

  it('completes paths where a path is expected, also after the kind of a source, and nothing for numbers', () => {
    const [config, source, count, file] = bash(
      ['doctor', '--config', 'la'],
      ['backfill', '--source', 'galexie', ':', './lake'],
      ['backfill', '--concurrency', ''],
      ['inspect', 'lake.'],
    );
    expect(config?.sort()).toEqual(['lake folder', 'lake.yaml']);
    expect(source?.sort()).toEqual(['./lake folder', './lake.yaml']);
    expect(count).toEqual([]);
    expect(file).toEqual(['lake.yaml']);
  });

  it('offers every option that the help of a command lists, and none that is hidden', () => {
    const [options = []] = bash(['backfill', '-']);
    expect(options).toEqual(
      expect.arrayContaining(['--source', '--detach', '--contract-columns', '--help-all']),
    );
    expect(options.filter((option) => option.startsWith('--no-'))).toEqual([]);
  });
});

(has('zsh') ? it : it.skip)(
  `zsh completes a line${has('zsh') ? '' : ' [skipped: no zsh]'}`,
  () => {
    // A terminal of zsh's own: types a line and Tab, then prints the line.
    const keys = [
      'parquetry backf',
      'parquetry schedule unp',
      'parquetry backfill --layout=h',
      'parquetry tail --from la',
      'parquetry config check --config lake.',
    ];
    const { stdout, stderr } = run(
      'zsh',
      '-f',
      '-c',
      `zmodload zsh/zpty
     zpty z zsh -f -i
     zpty -w z 'PROMPT=; autoload -U compinit; compinit -u -D; source ./zsh; show() { print -r "<$BUFFER>"; BUFFER=; zle redisplay }; zle -N show; bindkey "^X" show; print READ"Y"'
     zpty -r z out '*READY*'
     for line in ${keys.map((key) => `'${key}'`).join(' ')}; do
       zpty -w -n z "$line"$'\\t\\x18'
       zpty -r z out $'*<*>*'
       print -r -- "$out"
     done
     zpty -d z`,
    );
    expect(stderr).toBe('');
    const lines = [...stdout.matchAll(/<(.*?) *>/g)].map(([, line]) => line);
    expect(lines).toEqual([
      'parquetry backfill',
      'parquetry schedule unpause',
      'parquetry backfill --layout=hour',
      'parquetry tail --from latest',
      'parquetry config check --config lake.yaml',
    ]);
  },
  60_000,
);

(has('fish') ? it : it.skip)(
  `fish completes a line${has('fish') ? '' : ' [skipped: no fish]'}`,
  () => {
    const lines = [
      'parquetry backf',
      'parquetry schedule ',
      'parquetry backfill --layout ',
      'parquetry schema check --mode full',
      'parquetry tail --max-a',
      'parquetry doctor --config lake.',
    ];
    const { stdout, stderr } = run(
      'fish',
      '--no-config',
      '-c',
      `source ./fish; ${lines.map((line) => `complete -C '${line}'; echo ---`).join('; ')}`,
    );
    expect(stderr).toBe('');
    const words = stdout.split('---\n').map((part) =>
      part
        .trim()
        .split('\n')
        .map((line) => line.split('\t')[0])
        .sort(),
    );
    expect(words.slice(0, -1)).toEqual([
      ['backfill'],
      ['create', 'delete', 'list', 'pause', 'trigger', 'unpause'],
      ['hour', 'ledger_day', 'ledger_range'],
      ['full', 'full_transitive'],
      ['--max-age'],
      ['lake.yaml'],
    ]);
  },
  60_000,
);

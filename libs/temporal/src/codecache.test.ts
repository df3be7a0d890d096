import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ts from 'typescript';

const source = readFileSync(path.join(__dirname, 'codecache.ts'), 'utf8');
let dir: string;

beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'parquetry-code-'));
  const compilerOptions = {
    module: ts.ModuleKind.CommonJS,
    target: ts.ScriptTarget.ES2022,
    esModuleInterop: true,
  };
  writeFileSync(path.join(dir, 'codecache.js'), ts.transpileModule(source, { compilerOptions }).outputText);
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** The answer of a module that was loaded by a new process, and whether V8 took its code from the cache. */
function load(module: string): { answer: unknown; compiled: boolean } {
  writeFileSync(path.join(dir, 'big.js'), module);
  const program = `
    const vm = require('node:vm');
    let script;
    vm.Script = class extends vm.Script { constructor(...all) { super(...all); script = this; } };
    const { requireCached } = require('./codecache.js');
    const answer = requireCached(require('node:path').resolve('big.js'), 'code').answer();
    console.log(JSON.stringify({ answer, compiled: script.cachedDataRejected !== false }));`;
  return JSON.parse(execFileSync(process.execPath, ['-e', program], { cwd: dir, encoding: 'utf8' })) as never;
}

const big = (value: string): string =>
  `const path = require('node:path'); exports.answer = () => path.basename(__filename) + ${JSON.stringify(value)};`;

describe('requireCached', () => {
  it('compiles a file once, and again when its text changes, also to one of the same length', () => {
    expect(load(big('a'))).toEqual({ answer: 'big.jsa', compiled: true });
    expect(load(big('a'))).toEqual({ answer: 'big.jsa', compiled: false });
    expect(load(big('b'))).toEqual({ answer: 'big.jsb', compiled: true });
    expect(load(big('b'))).toEqual({ answer: 'big.jsb', compiled: false });
    expect(readdirSync(path.join(dir, 'code'))).toHaveLength(2);
  });

  it('replaces damaged code', () => {
    load(big('a'));
    const [name = ''] = readdirSync(path.join(dir, 'code'));
    const file = path.join(dir, 'code', name);
    const whole = readFileSync(file);
    const flipped = Buffer.from(whole);
    flipped[whole.length >> 1]! ^= 1;
    for (const bad of [flipped, whole.subarray(0, whole.length - 9), Buffer.of()]) {
      writeFileSync(file, bad);
      expect(load(big('a'))).toEqual({ answer: 'big.jsa', compiled: true });
      expect(load(big('a'))).toEqual({ answer: 'big.jsa', compiled: false });
    }
  });

  it('runs no code that another user could have written', () => {
    load(big('a'));
    const folder = path.join(dir, 'code');
    const file = path.join(folder, readdirSync(folder)[0] ?? '');
    expect([statSync(folder).mode & 0o777, statSync(file).mode & 0o777]).toEqual([0o700, 0o600]);
    chmodSync(file, 0o620);
    expect(load(big('a')).compiled).toBe(true);
    expect(load(big('a')).compiled).toBe(false);
    chmodSync(folder, 0o770);
    expect(load(big('a')).compiled).toBe(true);
    chmodSync(folder, 0o700);
    renameSync(file, path.join(dir, 'elsewhere'));
    symlinkSync(path.join(dir, 'elsewhere'), file);
    expect(load(big('a')).compiled).toBe(true);
  });

  it('works without a folder that it can write', () => {
    writeFileSync(path.join(dir, 'code'), 'a file');
    expect(load(big('a'))).toEqual({ answer: 'big.jsa', compiled: true });
    rmSync(path.join(dir, 'code'));
    mkdirSync(path.join(dir, 'code'));
    chmodSync(path.join(dir, 'code'), 0o500);
    expect(load(big('a')).answer).toBe('big.jsa');
  });
});

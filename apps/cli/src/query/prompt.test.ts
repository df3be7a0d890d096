import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Archive } from '@parquetry/archive';
import { ParquetryError } from '@parquetry/core';
import { Output } from '../output';
import { prompt } from './prompt';

/** A prompt whose terminal is in memory. */
class Session {
  readonly asked: string[] = [];
  readonly signals: AbortSignal[] = [];
  readonly errors: string[] = [];
  printed = '';
  private readonly input = new PassThrough();
  readonly ended: Promise<number>;

  constructor(ask: (sql: string, signal: AbortSignal) => Promise<void> = () => Promise.resolve()) {
    const out = new PassThrough().on('data', (text: Buffer) => (this.printed += text.toString()));
    const registry = {
      latest: () => Promise.resolve({ schema: { fields: [{ name: 'sequence' }, { name: 'closed_at' }] } }),
    };
    const archive = { datasets: () => Promise.resolve(['ledgers']), registry } as unknown as Archive;
    const output = new Output(false);
    output.note = (line) => void this.errors.push(line);
    output.fail = (error) => this.errors.push((error as Error).message);
    const run = (sql: string, signal: AbortSignal): Promise<void> => {
      this.asked.push(sql);
      this.signals.push(signal);
      return ask(sql, signal);
    };
    this.ended = prompt(archive, run, output, { input: this.input, out });
  }

  type(text: string): void {
    this.input.write(text);
  }

  async until(ready: () => boolean): Promise<void> {
    for (let tries = 0; !ready() && tries < 500; tries++) await sleep(10);
    expect(ready()).toBe(true);
  }
}

describe('the prompt', () => {
  const saved = process.env['XDG_CACHE_HOME'];
  let cache: string;
  beforeEach(() => {
    cache = mkdtempSync(path.join(os.tmpdir(), 'parquetry-prompt-'));
    process.env['XDG_CACHE_HOME'] = cache;
  });
  afterEach(() => rmSync(cache, { recursive: true }));
  afterAll(() => {
    if (saved === undefined) delete process.env['XDG_CACHE_HOME'];
    else process.env['XDG_CACHE_HOME'] = saved;
  });

  it('runs statements over several lines, prints errors and continues', async () => {
    const session = new Session((sql) =>
      sql.includes('nothing')
        ? Promise.reject(new ParquetryError('QUERY_INVALID', 'There is no table nothing.'))
        : Promise.resolve(),
    );
    await session.until(() => session.printed.includes('sql> '));
    session.type('select\n1;\nselect * from nothing;\nselect 2;\n.quit\n');
    expect(await session.ended).toBe(0);
    expect(session.asked).toEqual(['select\n1;', 'select * from nothing;', 'select 2;']);
    expect(session.errors).toEqual([
      '1 datasets: ledgers. Type .help for help.',
      'There is no table nothing.',
    ]);
    expect(session.printed).toContain('...> ');
  });

  it('completes with the tab key and answers commands', async () => {
    const session = new Session();
    await session.until(() => session.printed.includes('sql> '));
    // Pasted tabs are text, so the keys come one by one.
    for (const key of ['select clos', '\t', ' from led', '\t', ';\n']) {
      session.type(key);
      await sleep(50);
    }
    session.type('.tables\n.columns ledgers\n.columns x\n.what\n.help\n');
    await session.until(() => session.printed.includes('Tab completes'));
    session.type('exit\n');
    await session.ended;
    expect(session.asked).toEqual(['select closed_at from ledgers;']);
    expect(session.printed).toMatch(/ledgers\r?\n/);
    expect(session.printed).toContain('sequence\nclosed_at');
    expect(session.printed).toContain('There is no dataset "x"');
    expect(session.printed).toContain('There is no command .what');
  });

  it('keeps a history between prompts', async () => {
    const first = new Session();
    await first.until(() => first.printed.includes('sql> '));
    first.type('select\n  1;\nselect 2;\n\u0004');
    await first.ended;
    const file = path.join(cache, 'parquetry', 'query_history');
    expect(readFileSync(file, 'utf8')).toBe('select 1;\nselect 2;\n');
    const second = new Session();
    await second.until(() => second.printed.includes('sql> '));
    // The arrow key, twice: the statement before the last one.
    second.type('\u001b[A\u001b[A\n\u0004');
    await second.ended;
    expect(second.asked).toEqual(['select 1;']);
  });

  it('stops a query at Ctrl-C, and clears what was typed', async () => {
    const session = new Session(
      (_, signal) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(new ParquetryError('QUERY_INVALID', 'Interrupted.'))),
        ),
    );
    await session.until(() => session.printed.includes('sql> '));
    session.type('select 1;\n');
    await session.until(() => session.signals.length === 1);
    session.type('\u0003');
    await session.until(() => session.errors.includes('Interrupted.'));
    session.type('select half\n');
    await session.until(() => session.printed.includes('...> '));
    session.type('\u0003');
    session.type('\u0004');
    expect(await session.ended).toBe(0);
    expect(session.asked).toEqual(['select 1;']);
  });
});

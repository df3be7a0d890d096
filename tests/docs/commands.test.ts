import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Sandbox } from '../support/cli';
import { PYTHON } from '../support/python';
import { type Block, type Command, blocksOf, commandsOf, matches, normalised } from './pages';

const ROOT = path.resolve(__dirname, '../..');
/** Writes the real output into the pages where it differs; for authors of pages. */
const UPDATE = process.env['PARQUETRY_UPDATE_DOCS'] === '1';

const examples = readdirSync(path.join(ROOT, 'examples')).map((name) => `examples/${name}/README.md`);
/** Every page has a folder of its own; the pages share the server and the worker that the tutorial starts. */
const PAGES = ['docs/tutorial.md', 'README.md', ...examples];

/** Why a block can't run here; undefined if it can. */
function skipped({ note }: Block): string | undefined {
  if (note.startsWith('skip ')) return note.slice('skip '.length);
  return note.includes('needs python') && PYTHON === undefined ? 'no Python with polars' : undefined;
}

const sandbox = new Sandbox();
/** Whether a page has started `parquetry dev`. */
let running = false;
afterAll(() => sandbox.dispose());

describe.each(PAGES)('%s', (page) => {
  const text = readFileSync(path.join(ROOT, page), 'utf8');
  const folder = sandbox.path(path.basename(path.dirname(page)), 'work');
  let exported: Record<string, string> = {};
  const updates: { block: Block; text: string }[] = [];
  beforeAll(() => {
    mkdirSync(folder, { recursive: true });
    // A reader of an example has its folder.
    if (page.startsWith('examples/'))
      cpSync(path.dirname(path.join(ROOT, page)), folder, { recursive: true });
  });
  afterAll(() => {
    if (updates.length > 0) writeFileSync(path.join(ROOT, page), withOutputs(text, updates));
  });

  for (const block of blocksOf(page, text)) {
    const file = /^file (\S+)/.exec(block.note)?.[1];
    if (file !== undefined)
      it(`line ${block.line}: ${file}`, () => writeFileSync(path.join(folder, file), `${block.text}\n`));
    if (!['console', 'sh'].includes(block.language)) continue;
    const commands = commandsOf(block);
    const title = `line ${block.line}: ${commands[0]?.text.split('\n')[0] ?? ''}`;
    const why = skipped(block);
    if (why !== undefined) it.skip(`${title} [skipped: ${why}]`, () => undefined);
    else
      it(
        title,
        async () => {
          const outputs: string[] = [];
          for (const command of commands) outputs.push(await run(block, command));
          if (UPDATE && block.language === 'console')
            updates.push({
              block,
              text: commands.map(({ text: own }, i) => `$ ${own}\n${outputs[i] ?? ''}`).join(''),
            });
        },
        120_000,
      );
  }

  /** Runs a command and compares its output with the page. Returns the output as a page shows it. */
  async function run({ note }: Block, { text: line, output }: Command): Promise<string> {
    if (note.startsWith('background')) {
      if (line !== 'parquetry dev') sandbox.shell(`exec ${line}`, folder, exported);
      else if (!running) await sandbox.dev();
      running ||= line === 'parquetry dev';
      return '';
    }
    const exports = line.startsWith('export ');
    if (note.includes('own server')) exported['PARQUETRY_HOME'] = path.join(folder, '.parquetry');
    const { code, stdout, stderr } = await sandbox.shell(exports ? `${line}\nenv -0` : line, folder, exported)
      .ended;
    if (exports) {
      const variables = stdout.split('\0').map((entry) => /^(\w+)=([^]*)$/.exec(entry)?.slice(1) ?? []);
      exported = Object.fromEntries(
        variables.filter(([name = '']) => new RegExp(`\\b${name}=`).test(line) || name in exported),
      ) as Record<string, string>;
      return '';
    }
    const shown = note.includes('stderr') ? stdout + stderr : stdout;
    const expected = Number(/exit (\d+)/.exec(note)?.[1] ?? 0);
    if (code !== expected) throw new Error(`exit code ${code}, not ${expected}: ${line}\n${stdout}${stderr}`);
    const [page, actual] = [normalised(output ?? ''), normalised(shown, folder)];
    if (output === undefined || matches(page, actual))
      return output === undefined || output === '' ? '' : `${output}\n`;
    if (!UPDATE) expect(`${line}\n${actual}`).toBe(`${line}\n${page}`);
    return shown.replaceAll(folder, '/home/me/stellar');
  }
});

/** The page with other texts in its blocks. */
function withOutputs(text: string, updates: readonly { block: Block; text: string }[]): string {
  const lines = text.split('\n');
  for (const { block, text: own } of [...updates].reverse())
    lines.splice(block.line, block.text.split('\n').length, ...own.trimEnd().split('\n'));
  return lines.join('\n');
}

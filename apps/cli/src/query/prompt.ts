import { appendFile, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Interface, createInterface } from 'node:readline';
import type { Archive } from '@parquetry/archive';
import { cacheFolder } from '@parquetry/temporal';
import type { Output } from '../output';
import { completions } from './completions';

const PROMPT = 'sql> ';
const MORE = '...> ';
/** Lines of the history that are offered again. */
const HISTORY = 1000;
const HELP = `Write one SELECT and end it with ";". Tab completes tables and columns.
  .tables          the datasets
  .columns TABLE   the columns of a dataset
  .quit            leave (or Ctrl-D); Ctrl-C clears the input or stops the query`;

/** The terminal of a prompt. */
interface Streams {
  readonly input: NodeJS.ReadableStream;
  readonly out: NodeJS.WritableStream;
}

/**
 * Reads statements from a terminal and runs each with `ask`, until the end of the input. An error of a statement is
 * printed, and the prompt continues.
 */
export async function prompt(
  archive: Archive,
  ask: (sql: string, signal: AbortSignal) => Promise<void>,
  output: Output,
  { input, out }: Streams = { input: process.stdin, out: process.stdout },
): Promise<number> {
  const tables = await columnsOf(archive);
  const history = new History(path.join(cacheFolder(process.env), 'query_history'));
  const lines = createInterface({
    ...{ input, output: out, terminal: true, prompt: PROMPT, historySize: HISTORY },
    history: await history.load(),
    completer: (line: string) => completions(line, tables),
  });
  output.note(`${tables.size} datasets: ${[...tables.keys()].join(', ')}. Type .help for help.`);
  lines.prompt();
  let text = '';
  let running: AbortController | undefined;
  const clear = (): void => {
    text = '';
    lines.setPrompt(PROMPT);
  };
  lines.on('SIGINT', () => {
    if (running !== undefined) return running.abort();
    clear();
    out.write('\n');
    lines.prompt();
  });
  for await (const line of lines as AsyncIterable<string> & Interface) {
    const command = text === '' ? line.trim() : '';
    if (['.quit', '.exit', 'quit', 'exit'].includes(command)) break;
    if (command.startsWith('.')) out.write(`${answer(command, tables)}\n`);
    else {
      text = text === '' ? line.trimStart() : `${text}\n${line}`;
      if (isWhole(text)) {
        await history.add(text);
        running = new AbortController();
        await ask(text, running.signal).catch((error: unknown) => output.fail(error));
        running = undefined;
        clear();
      } else lines.setPrompt(text === '' ? PROMPT : MORE);
    }
    lines.prompt();
  }
  lines.close();
  return 0;
}

/** A statement ends with a semicolon. */
function isWhole(text: string): boolean {
  return /;\s*$/.test(text);
}

function answer(command: string, tables: ReadonlyMap<string, readonly string[]>): string {
  const [name = '', table = ''] = command.split(/\s+/);
  if (name === '.tables') return [...tables.keys()].join('\n');
  if (name === '.columns')
    return tables.get(table)?.join('\n') ?? `There is no dataset ${JSON.stringify(table)}; see .tables.`;
  return name === '.help' ? HELP : `There is no command ${name}; see .help.`;
}

/** The columns of each dataset. */
async function columnsOf(archive: Archive): Promise<Map<string, readonly string[]>> {
  const tables = new Map<string, readonly string[]>();
  for (const dataset of await archive.datasets()) {
    const latest = await archive.registry.latest(dataset);
    tables.set(dataset, latest?.schema.fields.map(({ name }) => name) ?? []);
  }
  return tables;
}

/** Statements of earlier prompts, one a line, newest last. A history that can't be kept is no error. */
class History {
  constructor(private readonly file: string) {}

  /** Newest first, as readline wants them. */
  async load(): Promise<string[]> {
    const text = await readFile(this.file, 'utf8').catch(() => '');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .slice(-HISTORY)
      .reverse();
  }

  async add(statement: string): Promise<void> {
    const line = statement.replaceAll(/\s+/g, ' ').trim();
    await mkdir(path.dirname(this.file), { recursive: true })
      .then(() => appendFile(this.file, `${line}\n`, { mode: 0o600 }))
      .catch(() => undefined);
  }
}

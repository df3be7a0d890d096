import { isParquetryError, ParquetryError, withoutSecrets } from '@parquetry/core';
import type { Log } from '@parquetry/worker';

/**
 * The output of a command: text on stdout and progress on stderr. With `--json` stdout has exactly one JSON
 * document and stderr everything else.
 */
export class Output {
  private log: Log | undefined;
  private documented = false;

  constructor(readonly json: boolean) {}

  /** Makes notes and errors records of a log, so that stderr has nothing else. */
  logTo(log: Log | undefined): void {
    this.log = log;
  }

  /** Progress and hints: stderr. */
  note(line: string): void {
    this.tell('info', line);
  }

  /** What a person should look at, although the command continues: stderr. */
  warn(line: string): void {
    this.tell('warn', line);
  }

  private tell(level: 'info' | 'warn', line: string): void {
    if (this.log !== undefined) this.log(level, line);
    else console.error(withoutSecrets(line, process.env));
  }

  /** A line of the command's result for people; nothing with `--json`. */
  say(line = ''): void {
    if (!this.json) console.log(line);
  }

  /** A table of the command's result for people; nothing with `--json`. Numbers are aligned right. */
  table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
    if (this.json) return;
    const numeric = head.map(
      (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'),
    );
    // Loaded on demand: most output is not a table.
    const Table = require('cli-table3') as typeof import('cli-table3');
    const table = new Table({
      head: [...head],
      style: { head: [], border: [], compact: true },
      colAligns: numeric.map((isNumber) => (isNumber ? 'right' : 'left')),
    });
    for (const row of rows)
      table.push(row.map((cell) => (typeof cell === 'number' ? formatCount(cell) : cell)));
    console.log(table.toString());
  }

  /** The JSON document of the command; nothing without `--json`. @throws Error for a second document */
  document(value: unknown): void {
    if (!this.json) return;
    if (this.documented) throw new Error('A command prints one document.');
    this.documented = true;
    console.log(JSON.stringify(value, undefined, 2));
  }

  /**
   * Prints the error of a failed command and what to do next. With `--json` the error is the document, unless the command
   * has printed one.
   */
  fail(cause: unknown, rest: Record<string, unknown> = {}): number {
    const error = isParquetryError(cause) ? cause : (refusedMemory(cause) ?? cause);
    if (!isParquetryError(error)) {
      const message = withoutSecrets(error instanceof Error ? error.message : String(error), process.env);
      if (this.log !== undefined) this.log('error', message, { code: 'INTERNAL' });
      else {
        this.note(`error INTERNAL: ${message}`);
        this.note(moreAbout('INTERNAL'));
        if (showsStacks() && error instanceof Error) this.note(String(error.stack));
      }
      this.failed({ error: { code: 'INTERNAL', message, details: {} }, ...rest });
      return 1;
    }
    this.printError(error);
    this.failed({ error: shown(error), ...rest });
    return error.exitCode;
  }

  private failed(document: unknown): void {
    if (!this.documented) this.document(document);
  }

  private printError(error: ParquetryError): void {
    if (this.log !== undefined) {
      this.log('error', error.message, { code: error.code, hint: error.hint });
      return;
    }
    this.note(`error ${error.code}: ${error.message}`);
    for (const line of error.hint?.split('\n') ?? []) this.note(`  ${line}`);
    this.note(moreAbout(error.code));
    if (showsStacks()) this.note(String(error.stack));
  }
}

/** The error for `--json`; servers may have echoed a secret into its texts. */
function shown(error: ParquetryError): unknown {
  return JSON.parse(JSON.stringify(error), (_, value: unknown) =>
    typeof value === 'string' ? withoutSecrets(value, process.env) : value,
  );
}

/** The last line of an error: where its code is explained. */
function moreAbout(code: string): string {
  return `  More: parquetry help ${code} (docs/errors.md#${code.toLowerCase()})`;
}

/** Whether the environment sets the debug mode, in which errors are printed with their stacks. */
function showsStacks(): boolean {
  return !['', '0', 'false', 'no', 'off'].includes(process.env['PARQUETRY_DEBUG'] ?? '');
}

/** `1234567` as `1,234,567`. */
export function formatCount(value: number): string {
  // `toLocaleString` gives the same, and loads the data of all languages: 50 ms of processor time.
  return String(value).replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ',');
}

/** A number of things for people: `1 file`, `1,200 files`. */
export function counted(count: number, thing: string): string {
  return `${formatCount(count)} ${thing}${count === 1 ? '' : 's'}`;
}

/** Bytes for people: `1.4 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** Seconds for people: `42 s`, `3 min 5 s`, `2 h 10 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Node reports a thread that the system refuses by the name of the system's error alone. */
function refusedMemory(error: unknown): ParquetryError | undefined {
  const [, name] = /^(EAGAIN|ENOMEM)\b/.exec(error instanceof Error ? error.message : '') ?? [];
  if (name === undefined) return undefined;
  return new ParquetryError(
    'OUT_OF_MEMORY',
    `The system gives this process no more memory or threads (${name}).`,
    {
      hint: 'Raise its limits (ulimit, the limit of the container), or lower --memory and --threads.',
      cause: error,
    },
  );
}

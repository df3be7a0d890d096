/** Writes that erase to the end of a line, to the end of the screen, and hide and show the cursor. */
const END_OF_LINE = '\x1b[K';
const END_OF_SCREEN = '\x1b[J';
const HIDE = '\x1b[?25l';
const SHOW = '\x1b[?25h';
/** Widest line: a terminal that becomes narrower wraps longer ones into rows that may not fit its screen. */
const WIDEST = 88;

/** Displayed width of text without escape sequences, in columns. */
export function width(text: string): number {
  // ASCII needs no tables.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  const measure = require('string-width') as typeof import('string-width').default;
  return measure(text);
}

/** Text for one line of a terminal: control characters, which could move the cursor, become spaces. */
export function plain(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
}

/** Cuts text to a number of columns. */
export function cut(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let kept = '';
  let used = 1;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    used += width(segment);
    if (used > columns) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** Joins parts by a separator into as few lines as have room. */
export function flow(parts: readonly string[], separator: string, columns: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    const longer = last === undefined ? part : last + separator + part;
    if (last === undefined || width(longer) > columns) lines.push(cut(part, columns));
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

/** A line: plain text of at most the terminal's width, and how to colour it. */
export interface Line {
  readonly text: string;
  readonly colour?: Colour;
}

/** SGR codes. */
const COLOURS = { dim: 2, red: 31, green: 32, yellow: 33 } as const;
type Colour = keyof typeof COLOURS;

/**
 * Lines at the bottom of a terminal that are drawn in place again and again. Other output of this process on the same
 * stream appears above them.
 */
export class Terminal {
  private drawn: readonly number[] = [];
  private ended = false;
  private readonly rest: () => void;
  private readonly write: (text: string) => void;

  constructor(
    private readonly stream: NodeJS.WriteStream,
    private readonly render: (columns: number, rows: number) => readonly Line[],
  ) {
    const original = stream.write;
    this.write = (text) => void original.call(stream, text);
    stream.write = ((text: string | Uint8Array, ...more: readonly unknown[]) => {
      this.above(typeof text === 'string' ? text : Buffer.from(text).toString('utf8'));
      const done = more.at(-1);
      if (typeof done === 'function') done();
      return true;
    }) as typeof stream.write;
    const redraw = (): void => this.draw();
    const show = (): void => this.write(SHOW);
    stream.on('resize', redraw);
    process.on('exit', show);
    this.rest = () => {
      stream.write = original;
      stream.off('resize', redraw);
      process.off('exit', show);
    };
    this.write(HIDE);
  }

  /** Prints a line above the others, where it stays. */
  print(line: Line): void {
    this.above(this.paint(line));
  }

  /** Draws the lines again. */
  draw(): void {
    const { columns = 80, rows = 24 } = this.stream;
    // The cursor stays on the line below.
    const lines = this.render(Math.min(columns, WIDEST), rows - 1).slice(0, Math.max(1, rows - 1));
    const text = lines.map((line) => this.paint(line) + END_OF_LINE + '\n').join('');
    this.write(this.toTop() + text + END_OF_SCREEN);
    this.drawn = lines.map((line) => width(line.text));
  }

  /** Erases the lines and gives the stream back; a second call does nothing. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.write(this.toTop() + END_OF_SCREEN + SHOW);
    this.drawn = [];
    this.rest();
  }

  private above(text: string): void {
    this.write(this.toTop() + END_OF_SCREEN + text + (text.endsWith('\n') ? '' : '\n'));
    this.drawn = [];
    this.draw();
  }

  /** `NO_COLOR` and `TERM` decide in `hasColors`. */
  private paint({ text, colour }: Line): string {
    const coloured = colour !== undefined && this.stream.hasColors?.() === true;
    return coloured ? `\x1b[${COLOURS[colour]}m${text}\x1b[0m` : text;
  }

  /** Moves to the first drawn line. A terminal that became narrower has wrapped the lines that are too long for it. */
  private toTop(): string {
    const { columns = 80 } = this.stream;
    const height = this.drawn.reduce((sum, length) => sum + Math.max(1, Math.ceil(length / columns)), 0);
    return height === 0 ? '\r' : `\r\x1b[${height}A`;
  }
}

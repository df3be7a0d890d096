import { Terminal as Emulator } from '@xterm/headless';

/** The lines of a terminal's screen and those above it, without empty ones at the end. */
export function emulatorLines({ buffer: { active } }: Emulator): string[] {
  const lines = Array.from(
    { length: active.length },
    (_, index) => active.getLine(index)?.translateToString(true) ?? '',
  );
  while (lines.at(-1) === '') lines.pop();
  return lines;
}

/** A terminal in memory: what a program writes to `stream` becomes text on a screen. */
export class TestTerminal {
  private readonly emulator: Emulator;
  private readonly listeners = new Set<() => void>();
  private written: Promise<void> = Promise.resolve();
  /** Everything that was written. */
  raw = '';
  readonly stream: NodeJS.WriteStream;

  constructor(columns: number, rows: number, colours = false) {
    this.emulator = new Emulator({ cols: columns, rows, allowProposedApi: true, convertEol: true });
    const { listeners } = this;
    this.stream = {
      isTTY: true,
      columns,
      rows,
      hasColors: () => colours,
      write: (text: string) => this.write(text),
      on: (_: string, listener: () => void) => listeners.add(listener),
      off: (_: string, listener: () => void) => listeners.delete(listener),
    } as unknown as NodeJS.WriteStream;
  }

  private write(text: string): boolean {
    this.raw += text;
    this.written = new Promise((resolve) => this.emulator.write(text, resolve));
    return true;
  }

  /** Changes the size, as a person does with the mouse, and tells the program. */
  async resize(columns: number, rows: number): Promise<void> {
    await this.written;
    this.emulator.resize(columns, rows);
    Object.assign(this.stream, { columns, rows });
    for (const listener of this.listeners) listener();
  }

  /** The lines of the screen. */
  async screen(): Promise<string[]> {
    return (await this.lines()).slice(this.emulator.buffer.active.baseY);
  }

  /** The lines of the screen and those that have left it at the top, without empty ones at the end. */
  async lines(): Promise<string[]> {
    await this.written;
    return emulatorLines(this.emulator);
  }
}

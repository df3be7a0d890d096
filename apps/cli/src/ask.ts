import { type Interface, createInterface } from 'node:readline';
import { ParquetryError } from '@parquetry/core';

/** A question on the terminal. */
export interface Question {
  readonly text: string;
  /** The answer when the person only presses Enter. */
  readonly standard?: string;
  /** Throws for an answer that can't be used; the question is then asked again. */
  readonly check?: (answer: string) => unknown;
}

/** Asks on a terminal, one question after the other. Lines that are typed or pasted ahead wait for their question. */
export class Terminal {
  private readonly lines: Interface;
  private readonly ahead: string[] = [];
  private waiting: (() => void) | undefined;
  private ended = false;

  constructor(
    input: NodeJS.ReadableStream,
    private readonly output: NodeJS.WritableStream,
  ) {
    this.lines = createInterface({ input, output })
      .on('line', (line) => {
        this.ahead.push(line);
        this.waiting?.();
      })
      // The end of the input, or Ctrl-C.
      .on('close', () => {
        this.ended = true;
        this.waiting?.();
      });
  }

  /** The answer. @throws ParquetryError CANCELLED at the end of the input, and for Ctrl-C */
  async ask({ text, standard, check }: Question): Promise<string> {
    for (;;) {
      this.lines.setPrompt(`${text}${standard === undefined ? '' : ` [${standard}]`}: `);
      this.lines.prompt();
      const typed = (await this.line()).trim();
      const answer = typed === '' ? (standard ?? '') : typed;
      try {
        check?.(answer);
        return answer;
      } catch (error) {
        this.output.write(`  ${(error as Error).message}\n`);
      }
    }
  }

  close(): void {
    this.lines.close();
  }

  private async line(): Promise<string> {
    while (this.ahead.length === 0) {
      if (this.ended)
        throw new ParquetryError('CANCELLED', 'The questions were not answered; nothing was written.');
      await new Promise<void>((resolve) => (this.waiting = resolve));
    }
    return this.ahead.shift() ?? '';
  }
}

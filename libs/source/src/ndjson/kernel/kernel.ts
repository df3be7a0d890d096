import type { LedgerRange } from '@parquetry/core';
import type { Shape, ShapeTable } from '@parquetry/schema';
import { KERNEL } from './binary';
import * as at from './layout';
import { borrowMemory, returnMemory } from './memory';
import { Program, type ShapeCode } from './program';

const MARKS = 4_096;
const KEYS = MARKS + 8 * 4_096;
const PROGRAM = 1 << 17;
const PROGRAM_BYTES = 2 << 20;
const INPUT = PROGRAM + PROGRAM_BYTES;
/** Size of the kernel's input, bytes. */
export const INPUT_BYTES = 4 << 20;
/** Padding: whole vectors may read or write beyond an end. */
export const SLACK = 64;
/** Size of a target's or a column's record. */
export const RECORD = 48;
const DATA = INPUT + INPUT_BYTES + SLACK;

/** Lines left to the caller before the kernel is evaluated: then it must take more lines than it leaves. */
const TRIAL = 20_000;
/** Lines left although their structure is known, before the kernel's program is rebuilt. */
const MISSED = 1_000;

/** How a run of lines ended; `layout` has the reasons. */
export interface LineRun {
  readonly status: number;
  /** Offset after the last line that was taken. */
  readonly next: number;
  /** Lines processed, and rows among them. */
  readonly lines: number;
  readonly rows: number;
}

let compiled: WebAssembly.Module | undefined;

/**
 * The line kernel: processes NDJSON lines of known structure in batches, at the speed of memory. Its program is built
 * from the simple shapes of the shape table. The caller processes every other line and adds its shape to the table. Both
 * have the same result.
 */
export abstract class Kernel<Plan> {
  /** The input buffer for lines. */
  readonly input: Buffer;
  protected readonly memory: WebAssembly.Memory;
  protected readonly view: DataView;
  protected readonly bytes: Uint8Array;
  /** First address of the subclass's memory. */
  protected readonly data = DATA;
  protected notes: readonly Uint8Array[] = [];
  private readonly run: (start: number, end: number) => number;
  private learnt = 0;
  /** Whether it has a shape whose lines it can process. */
  private usable = false;
  private missed = 0;
  private taken = 0;
  private left = 0;
  private readonly last = { status: 0, next: 0, lines: 0, rows: 0 };

  /** `dataBytes`: size of the subclass's memory. */
  protected constructor(
    private readonly shapes: ShapeTable<Plan>,
    range: LedgerRange,
    dataBytes: number,
  ) {
    this.memory = borrowMemory(DATA + dataBytes + SLACK);
    this.bytes = new Uint8Array(this.memory.buffer);
    this.view = new DataView(this.memory.buffer);
    this.input = Buffer.from(this.memory.buffer, INPUT, INPUT_BYTES);
    this.view.setUint32(at.MARKS, MARKS, true);
    this.view.setUint32(at.KEYS, KEYS, true);
    this.view.setUint32(at.FIRST_LEDGER, range.start, true);
    this.view.setUint32(at.LAST_LEDGER, range.end, true);
    compiled ??= new WebAssembly.Module(Buffer.from(KERNEL, 'base64'));
    const instance = new WebAssembly.Instance(compiled, { env: { memory: this.memory } });
    this.run = instance.exports['run'] as (start: number, end: number) => number;
  }

  /** Whether it processes enough lines to be worth calling. */
  get useful(): boolean {
    return this.usable && (this.left < TRIAL || this.taken > this.left);
  }

  /** Releases the memory; the kernel can't be used afterwards. */
  close(): void {
    returnMemory(this.memory);
  }

  /** Processes lines of `input[start, end)`, which ends at a line end. The result is valid until the next call. */
  take(start: number, end: number): LineRun {
    const { view, last } = this;
    last.status = this.run(INPUT + start, INPUT + end);
    last.next = view.getUint32(at.NEXT, true) - INPUT;
    last.lines = view.getUint32(at.LINES, true);
    last.rows = view.getUint32(at.ROWS, true);
    this.taken += last.lines;
    return last;
  }

  /** Called before the caller processes a line. */
  stepAside(): void {
    this.left += 1;
  }

  /** Called while the caller processes a line; `known`: its shape was in the table. May rebuild the program. */
  learn(known: boolean): void {
    const { lessons } = this.shapes;
    this.missed += known ? 1 : 0;
    if (lessons === this.learnt && this.missed < MISSED) return;
    if (this.missed < MISSED && lessons - this.learnt < this.learnt / 8) return;
    this.forget();
    const program = new Program<Plan>(this.view, this.bytes, PROGRAM, INPUT, (shape, literals) =>
      this.read(shape, literals),
    );
    const roots = program.write(this.shapes.steps);
    this.learnt = lessons;
    this.usable = program.usable && roots !== 0;
    this.missed = 0;
    // Not all shapes fit, and the old program is gone: the caller processes every line.
    this.view.setUint32(at.ROOTS, roots, true);
    this.notes = program.notes;
  }

  /** What the lines of a shape mean; see `ShapeReader`. */
  protected abstract read(
    shape: Shape<Plan>,
    literals: readonly Uint8Array[],
  ): ShapeCode | 'skip' | undefined;

  /** Called before all shapes are read again. */
  protected abstract forget(): void;

  /** Returns and resets the bounds of a column's integers; undefined if there are none. */
  protected takeBounds(record: number): { readonly min: bigint; readonly max: bigint } | undefined {
    const { view } = this;
    if (view.getUint32(record + at.COLUMN_BOUNDED, true) === 0) return undefined;
    view.setUint32(record + at.COLUMN_BOUNDED, 0, true);
    return {
      min: view.getBigInt64(record + at.COLUMN_MIN, true),
      max: view.getBigInt64(record + at.COLUMN_MAX, true),
    };
  }
}

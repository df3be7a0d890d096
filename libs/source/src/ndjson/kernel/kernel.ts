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
/** Bytes of lines that lie in the kernel's memory at once. */
export const INPUT_BYTES = 4 << 20;
/** What whole vectors may read or write beyond an end. */
export const SLACK = 64;
/** Bytes of a target's or a column's record. */
export const RECORD = 48;
const DATA = INPUT + INPUT_BYTES + SLACK;

/** Lines that the kernel left to its caller before it is judged: then it must take more than it leaves. */
const TRIAL = 20_000;
/** Lines left although their structure is known by now, before the kernel learns again. */
const MISSED = 1_000;

/** How a run of lines ended, for what reason see `layout`. */
export interface LineRun {
  readonly status: number;
  /** Offset after the last line that was taken. */
  readonly next: number;
  /** Lines taken, and rows among them. */
  readonly lines: number;
  readonly rows: number;
}

let compiled: WebAssembly.Module | undefined;

/**
 * The line kernel: takes NDJSON lines of known structure at the speed of memory, many at a time. It knows what the shape
 * table has learnt, as far as it is plain; every other line is its caller's, who then knows more. Both come to the same.
 */
export abstract class Kernel<Plan> {
  /** Where lines must lie to be taken. */
  readonly input: Buffer;
  protected readonly memory: WebAssembly.Memory;
  protected readonly view: DataView;
  protected readonly bytes: Uint8Array;
  /** First address of the subclass's own memory. */
  protected readonly data = DATA;
  protected notes: readonly Uint8Array[] = [];
  private readonly run: (start: number, end: number) => number;
  private learnt = 0;
  /** Whether it knows a shape whose lines it can take. */
  private usable = false;
  private missed = 0;
  private taken = 0;
  private left = 0;
  private readonly last = { status: 0, next: 0, lines: 0, rows: 0 };

  /** `dataBytes`: memory of the subclass. */
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

  /** Whether it takes enough lines to be asked. */
  get useful(): boolean {
    return this.usable && (this.left < TRIAL || this.taken > this.left);
  }

  /** Gives the memory back; nothing can be asked any more. */
  close(): void {
    returnMemory(this.memory);
  }

  /** Takes lines of `input[start, end)`, whose end is the end of a line; the answer is good until the next call. */
  take(start: number, end: number): LineRun {
    const { view, last } = this;
    last.status = this.run(INPUT + start, INPUT + end);
    last.next = view.getUint32(at.NEXT, true) - INPUT;
    last.lines = view.getUint32(at.LINES, true);
    last.rows = view.getUint32(at.ROWS, true);
    this.taken += last.lines;
    return last;
  }

  /** Before the caller takes a line itself. */
  stepAside(): void {
    this.left += 1;
  }

  /** While the caller takes a line itself; `known`: the shape table knew it. Learns what is worth it. */
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
    // Without room for all, what was known before is gone: the caller takes every line.
    this.view.setUint32(at.ROOTS, roots, true);
    this.notes = program.notes;
  }

  /** What the lines of a shape mean; see `ShapeReader`. */
  protected abstract read(
    shape: Shape<Plan>,
    literals: readonly Uint8Array[],
  ): ShapeCode | 'skip' | undefined;

  /** Before all shapes are read anew. */
  protected abstract forget(): void;

  /** Bounds of a column's whole numbers, which are forgotten; undefined when there were none. */
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

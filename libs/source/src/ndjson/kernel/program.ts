import type { Shape, Step } from '@parquetry/schema';
import type { MessagePlaces } from '../../message';
import * as at from './layout';
import { valueOf } from './values';

/** Maximum operations of a shape; the caller processes lines of larger shapes. */
export const MAX_OPS = 2_000;
/** Maximum number of shapes: a row's note has the shape's number. */
const MAX_SHAPES = 0xffff;

/** The operation on one value of every line of a shape. */
export interface Operation {
  readonly code: number;
  /** Number of the value; ignored for CONSTANT. */
  readonly value: number;
  /** Address of the column's record. */
  readonly column: number;
  /** Bounds of an integer. */
  readonly low?: bigint;
  readonly high?: bigint;
  /** Text of a CONSTANT. */
  readonly text?: Uint8Array;
}

/** How to process the lines of a shape. */
export interface ShapeCode {
  readonly places: MessagePlaces;
  /** Address of the target's record; 0: the caller processes lines in the range. */
  readonly target: number;
  readonly operations: readonly Operation[];
  /** Addresses of the records of ledger and close time; 0 for a close time that is not stored. */
  readonly ledgerColumn: number;
  readonly timeColumn: number;
  /** Width of the ledger column in bytes. */
  readonly ledgerWidth: number;
  /** For the caller: stored under the shape's number. */
  readonly note: Uint8Array;
}

/**
 * Decides how to process the lines of a shape; `literals` are those on the path to it. `skip`: ignore them; undefined:
 * the kernel can't process them.
 */
export type ShapeReader<Plan> = (
  shape: Shape<Plan>,
  literals: readonly Uint8Array[],
) => ShapeCode | 'skip' | undefined;

/** Writes a tree of known structures into the kernel's memory. */
export class Program<Plan> {
  /** Notes of the shapes, by number. */
  readonly notes: Uint8Array[] = [];
  /** Whether the kernel can process any lines. */
  usable = false;
  private next: number;
  private readonly literals: Uint8Array[] = [];

  constructor(
    private readonly view: DataView,
    private readonly bytes: Uint8Array,
    start: number,
    private readonly end: number,
    private readonly read: ShapeReader<Plan>,
  ) {
    this.next = start;
  }

  /**
   * Writes the steps and all that follow them; returns their address, or 0 if they don't fit. The
   * tree is as deep as a message has values, so it is walked with an explicit stack.
   */
  write(steps: readonly Step<Plan>[]): number {
    const waiting: { readonly step: Step<Plan>; readonly slot: number; readonly depth: number }[] = [];
    const addList = (siblings: readonly Step<Plan>[], depth: number): number => {
      const list = this.take(4 + 4 * siblings.length);
      if (list === 0) return 0;
      this.view.setUint32(list, siblings.length, true);
      for (let index = siblings.length - 1; index >= 0; index -= 1)
        waiting.push({ step: siblings[index] as Step<Plan>, slot: list + 4 + 4 * index, depth });
      return list;
    };
    const roots = addList(steps, 0);
    if (roots === 0) return 0;
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { step, slot, depth } = next;
      // Truncate the path of the previous step to the path of this one's parent.
      this.literals.length = depth;
      this.literals.push(step.literal);
      const address = this.step(step);
      if (address === 0) return 0;
      this.view.setUint32(slot, address, true);
      for (const [found, siblings] of step.next.entries()) {
        if (siblings === undefined) continue;
        const list = addList(siblings, depth + 1);
        if (list === 0) return 0;
        this.view.setUint32(address + at.STEP_NEXT + 4 * found, list, true);
      }
    }
    return roots;
  }

  /** Writes one step without its successors. */
  private step(step: Step<Plan>): number {
    const { view } = this;
    const literal = this.text(step.literal);
    const address = this.take(at.STEP_NEXT + 4 * 6);
    if (literal === 0 || address === 0) return 0;
    const put = (offset: number, value: number): void => view.setUint32(address + offset, value, true);
    put(at.STEP_LITERAL, literal);
    put(at.STEP_SIZE, step.literal.length);
    put(at.STEP_ANY, step.any ? 1 : 0);
    put(at.STEP_DEPTH, step.depth);
    const shape = step.shape === undefined ? 0 : this.shape(step.shape);
    if (step.shape !== undefined && shape === 0) return 0;
    put(at.STEP_SHAPE, shape);
    return address;
  }

  private shape(shape: Shape<Plan>): number {
    const { view, notes } = this;
    const found = this.read(shape, this.literals);
    const code = found === 'skip' ? undefined : found;
    const operations = code?.operations ?? [];
    const fits = operations.length <= MAX_OPS && notes.length < MAX_SHAPES;
    const address = this.take(at.SHAPE_FIRST_OP + at.OP_SIZE * (fits ? operations.length : 0));
    if (address === 0) return 0;
    const put = (offset: number, value: number): void => view.setUint32(address + offset, value, true);
    if (found === 'skip') {
      put(at.SHAPE_KIND, at.KIND_SKIP);
      this.usable = true;
    }
    if (code === undefined || !fits) return address;
    this.usable = true;
    const { ledgerNode, duplicateLedgerColumn, timeNode, timeTwin } = code.places;
    put(at.SHAPE_KIND, at.KIND_KEEP);
    put(at.SHAPE_TARGET, code.target);
    put(at.SHAPE_NUMBER, notes.length);
    put(at.SHAPE_LEDGER, valueOf(shape, ledgerNode));
    put(at.SHAPE_LEDGER_TWIN, valueOf(shape, duplicateLedgerColumn));
    put(at.SHAPE_TIME, valueOf(shape, timeNode));
    put(at.SHAPE_TIME_TWIN, valueOf(shape, timeTwin));
    put(at.SHAPE_LEDGER_COLUMN, code.ledgerColumn);
    put(at.SHAPE_TIME_COLUMN, code.timeColumn);
    put(at.SHAPE_LEDGER_WIDTH, code.ledgerWidth);
    put(at.SHAPE_OPS, operations.length);
    for (const [index, operation] of operations.entries()) {
      const op = at.SHAPE_FIRST_OP + at.OP_SIZE * index;
      const { text } = operation;
      const address64 = text === undefined ? undefined : this.text(text);
      if (address64 === 0) return 0;
      put(op + at.OP_CODE, operation.code);
      put(op + at.OP_VALUE, operation.value);
      put(op + at.OP_COLUMN, operation.column);
      const low = address64 === undefined ? (operation.low ?? 0n) : BigInt(address64);
      const high = text === undefined ? (operation.high ?? 0n) : BigInt(text.length);
      view.setBigInt64(address + op + at.OP_LOW, low, true);
      view.setBigInt64(address + op + at.OP_HIGH, high, true);
    }
    notes.push(code.note);
    return address;
  }

  /** Writes text with padding for whole vectors after it. */
  private text(text: Uint8Array): number {
    const address = this.take(text.length + 16);
    if (address > 0) this.bytes.set(text, address);
    return address;
  }

  /** Allocates zeroed bytes; 0 if they don't fit. */
  private take(size: number): number {
    const address = this.next;
    this.next += Math.ceil(size / 8) * 8;
    if (this.next > this.end) return 0;
    this.bytes.fill(0, address, this.next);
    return address;
  }
}

import { isUtf8 } from 'node:buffer';
import { JsonScanner, MAX_NODES } from './scan';
import { ShapeBuilder } from './shapebuilder';
import {
  ANY,
  BOOLEAN,
  ESCAPED_STRING,
  INTEGER,
  OTHER_NUMBER,
  PLAIN_STRING,
  type Shape,
  type ShapeSpec,
  type Step,
} from './shapetypes';
import { FALSE, FRACTION, KIND, LONE, NODE, NUMBER, STRING, Tape, TRUE } from './tape';

/** Limits of a table, against hostile input: shapes, bytes, and steps after one value. */
const MAX_SHAPES = 8_192;
const MAX_BYTES = 64 << 20;
const MAX_SIBLINGS = 64;
/** Misses before a table is evaluated, and the (inverse) hits per miss that keep it in use. */
const TRIAL = 20_000;

/**
 * Recognises texts with a known structure, in one pass over the bytes, without building a tape.
 *
 * A structure is what a full scan found: the bytes of all keys, brackets, commas, white space and nulls, and the class
 * of each value between them. It is kept as a tree of literals and compared byte by byte; nothing is hashed, so no two
 * structures can collide and no input can be made to look like another one. Strings are checked for control characters,
 * escapes and half surrogate pairs, numbers for their grammar, texts with bytes beyond ASCII for UTF-8, ANY values by
 * the scanner itself. Texts with duplicate keys or faults are never added. So a match has the same result as a full
 * scan. Anything else is a miss, which costs only time: hostile input can only fill the table, which is bounded, and a
 * table that seldom matches is switched off.
 */
export class ShapeTable<Plan> {
  /** The tape of the last matched text; nodes other than the wanted ones belong to another text. */
  readonly tape = new Tape();
  private readonly roots: Step<Plan>[] = [];
  private readonly scanner = new JsonScanner();
  private readonly builder = new ShapeBuilder<Plan>();
  /** Literal k is `bytes[marks[2k], marks[2k+1])`; value k ends where literal k + 1 begins. */
  private marks: Int32Array = new Int32Array(512);
  private heads: Int32Array = new Int32Array(256);
  private view: DataView = new DataView(new ArrayBuffer(0));
  private learned = 0;
  private size = 0;
  private hits = 0;
  private misses = 0;
  private notAscii = false;

  /** Whether `learn` can still add shapes. */
  get open(): boolean {
    return this.learned < MAX_SHAPES && this.size < MAX_BYTES && this.useful;
  }

  private get useful(): boolean {
    return this.misses < TRIAL || this.hits * 4 > this.misses;
  }

  /** The known shapes, as steps from the first literal on. */
  get steps(): readonly Step<Plan>[] {
    return this.roots;
  }

  /** Number of texts added. */
  get lessons(): number {
    return this.learned;
  }

  /** Adds the structure of a scanned text `bytes[start, end)`, which has no fault and no duplicate key. */
  learn(tape: Tape, start: number, end: number, spec: ShapeSpec<Plan>): void {
    if (!this.open) return;
    const built = this.builder.build(tape, start, end, spec);
    this.learned += 1;
    if (built === undefined) return;
    const { steps, classes, shape } = built;
    let siblings = this.roots;
    for (const [index, step] of steps.entries()) {
      let same = siblings.find(
        (other) =>
          Buffer.compare(other.literal, step.literal) === 0 &&
          other.any === step.any &&
          (other.shape === undefined) === (step.shape === undefined),
      );
      if (same === undefined) {
        if (siblings.length >= MAX_SIBLINGS) return;
        siblings.push((same = step));
        this.size += step.literal.length + 200;
      }
      if (step.shape !== undefined) same.shape = step.shape;
      if (index === steps.length - 1) break;
      siblings = same.next[classes[index] as number] ??= [];
    }
    this.size += shape.nodes.byteLength + shape.values.byteLength + shape.spans.byteLength;
  }

  /** The known shape of the text `bytes[start, end)`, with `tape` ready for its wanted nodes; undefined for a miss. */
  match(bytes: Uint8Array, start: number, end: number): Shape<Plan> | undefined {
    if (this.roots.length === 0 || !this.useful) return undefined;
    const shape = this.walk(bytes, start, end);
    if (shape === undefined) this.misses += 1;
    else this.hits += 1;
    return shape;
  }

  private walk(bytes: Uint8Array, start: number, end: number): Shape<Plan> | undefined {
    const { view } = this;
    if (
      bytes.buffer !== view.buffer ||
      bytes.byteOffset !== view.byteOffset ||
      bytes.length > view.byteLength
    )
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const { scanner } = this;
    scanner.begin(bytes, end);
    this.notAscii = false;
    let siblings: readonly Step<Plan>[] | undefined = this.roots;
    let at = start;
    for (let count = 0; ; count += 1) {
      if (siblings === undefined) return undefined;
      const step: Step<Plan> | undefined = pick(siblings, bytes, at, end);
      if (step === undefined) return undefined;
      if (2 * count + 2 > this.marks.length) this.grow();
      this.marks[2 * count] = at;
      at += step.literal.length;
      this.marks[2 * count + 1] = at;
      if (step.shape !== undefined) {
        if (scanner.tape.duplicateKey >= 0) return undefined;
        if ((this.notAscii || scanner.notAscii) && !isUtf8(bytes.subarray(start, end))) return undefined;
        return this.fill(step.shape, bytes);
      }
      const found = step.any ? ANY : valueClass(bytes[at] as number);
      at = this.value(found, bytes, at, end, step.depth, count);
      if (at < 0) return undefined;
      siblings = step.next[this.heads[count] as number];
    }
  }

  /** Skips a value; stores its class in `heads[count]` and returns the byte after it, or -1. */
  private value(
    found: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    depth: number,
    count: number,
  ): number {
    let at: number;
    if (found === PLAIN_STRING) {
      at = this.string(bytes, start + 1, end);
      if (at > 0) {
        this.heads[count] = PLAIN_STRING;
        return at;
      }
    } else if (found === INTEGER) {
      at = integer(bytes, start, end);
      if (at > 0) {
        this.heads[count] = INTEGER;
        return at;
      }
    }
    const { scanner } = this;
    const { tape } = scanner;
    const node = tape.length;
    at = scanner.one(start, depth);
    if (at < 0) return -1;
    const head = tape.nodes[node] as number;
    if (found === ANY) this.heads[count] = ANY;
    else if ((head & KIND) === STRING) {
      if ((head & LONE) !== 0) return -1;
      this.heads[count] = ESCAPED_STRING;
    } else if ((head & KIND) === NUMBER) this.heads[count] = (head & FRACTION) === 0 ? INTEGER : OTHER_NUMBER;
    else this.heads[count] = BOOLEAN;
    return at;
  }

  /** The byte after a string without escapes whose content begins at `start`; 0 for any other. */
  private string(bytes: Uint8Array, start: number, end: number): number {
    const { view } = this;
    let at = start;
    for (;;) {
      // Four bytes at a time, until one of them is a quote, a backslash, a control character or not ASCII.
      while (at + 4 <= end) {
        const four = view.getInt32(at, true);
        const quotes = (four ^ 0x22222222) - 0x01010101;
        const slashes = (four ^ 0x5c5c5c5c) - 0x01010101;
        if ((((four - 0x20202020) | quotes | slashes | four) & 0x80808080) !== 0) break;
        at += 4;
      }
      if (at >= end) return 0;
      const byte = bytes[at] as number;
      if (byte === 34) return at + 1;
      if (byte === 92 || byte < 32) return 0;
      if (byte > 127) this.notAscii = true;
      at += 1;
    }
  }

  private fill(shape: Shape<Plan>, bytes: Uint8Array): Shape<Plan> | undefined {
    const { marks, tape } = this;
    const { nodes, values, spans } = shape;
    // The scanner's limit of values and keys applies to the whole text.
    if (this.scanner.tape.length + nodes.length > MAX_NODES * NODE) return undefined;
    for (let index = 0; index < values.length; index += 2) {
      const node = values[index] as number;
      const value = values[index + 1] as number;
      const start = marks[2 * value + 1] as number;
      nodes[node + 1] = start;
      nodes[node + 2] = marks[2 * value + 2] as number;
      const kind = (nodes[node] as number) & KIND;
      if (kind === TRUE || kind === FALSE) nodes[node] = bytes[start] === 116 ? TRUE : FALSE;
    }
    for (let index = 0; index < spans.length; index += 5) {
      const node = spans[index] as number;
      nodes[node + 1] = (marks[2 * (spans[index + 1] as number)] as number) + (spans[index + 2] as number);
      nodes[node + 2] = (marks[2 * (spans[index + 3] as number)] as number) + (spans[index + 4] as number);
    }
    tape.nodes = nodes;
    tape.length = nodes.length;
    tape.bytes = bytes;
    return shape;
  }

  private grow(): void {
    const marks = new Int32Array(this.marks.length * 2);
    marks.set(this.marks);
    this.marks = marks;
    const heads = new Int32Array(this.heads.length * 2);
    heads.set(this.heads);
    this.heads = heads;
  }
}

/** Class by first byte; exact for the classes that `value` does not check again. */
function valueClass(byte: number): number {
  if (byte === 34) return PLAIN_STRING;
  return byte === 116 || byte === 102 ? BOOLEAN : INTEGER;
}

/** The byte after an integer, or 0 if it is not an integer or has a fraction or an exponent. */
function integer(bytes: Uint8Array, start: number, end: number): number {
  let at = bytes[start] === 45 ? start + 1 : start;
  const first = at;
  while (at < end) {
    const byte = bytes[at] as number;
    if (byte < 48 || byte > 57) {
      if (byte === 46 || byte === 101 || byte === 69) return 0;
      break;
    }
    at += 1;
  }
  return at === first || (bytes[first] === 48 && at > first + 1) ? 0 : at;
}

/** The step whose literal is at `at`, with a value of a fitting kind or the end of the text after it. */
function pick<Plan>(
  steps: readonly Step<Plan>[],
  bytes: Uint8Array,
  at: number,
  end: number,
): Step<Plan> | undefined {
  for (const step of steps) {
    const { literal } = step;
    const size = literal.length;
    if (at + size > end) continue;
    let index = 0;
    while (index < size && bytes[at + index] === literal[index]) index += 1;
    if (index < size) continue;
    if (
      step.shape !== undefined
        ? at + size === end
        : at + size < end && startsValue(bytes[at + size] as number, step.any)
    )
      return step;
  }
  return undefined;
}

/** Whether a byte starts a scalar other than null, or any value other than null. */
function startsValue(byte: number, any: boolean): boolean {
  if (byte === 34 || byte === 45 || (byte >= 48 && byte <= 57) || byte === 116 || byte === 102) return true;
  return any && (byte === 123 || byte === 91);
}

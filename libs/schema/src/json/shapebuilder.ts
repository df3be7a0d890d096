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
import {
  ARRAY,
  ESCAPED,
  FRACTION,
  KEY,
  KIND,
  LONE,
  NODE,
  NULL,
  NUMBER,
  OBJECT,
  STRING,
  type Tape,
} from './tape';

/** Maximum values and keys of a shape; larger texts are always scanned. */
const MAX_SHAPE_NODES = 4_096;

/** A shape as the steps that lead to it; `classes[n]` is the class of the value after step n. */
export interface BuiltShape<Plan> {
  readonly steps: Step<Plan>[];
  readonly classes: number[];
  readonly shape: Shape<Plan>;
}

/** The position of a node: a value by its number, or literal text. */
interface Place {
  readonly node: number;
  readonly start: number;
  readonly end: number;
}

/** Splits a scanned text into literals and values. */
export class ShapeBuilder<Plan> {
  /** Undefined for texts without a shape: too large, or with half a surrogate pair outside ANY values. */
  build(tape: Tape, start: number, end: number, spec: ShapeSpec<Plan>): BuiltShape<Plan> | undefined {
    if (tape.length > MAX_SHAPE_NODES * NODE) return undefined;
    const cuts: {
      readonly node: number;
      readonly start: number;
      readonly end: number;
      readonly kind: number;
      readonly depth: number;
    }[] = [];
    const literal: Place[] = [];
    const closing: number[] = [];
    for (let node = 0; node < tape.length;) {
      while (closing.length > 0 && (closing.at(-1) as number) <= node) closing.pop();
      const place = { node, start: tape.start(node), end: tape.end(node) };
      const kind = tape.kind(node);
      if (kind !== NULL && kind !== KEY && spec.any?.(node) === true) {
        cuts.push({ ...place, kind: ANY, depth: closing.length });
        node = tape.next(node);
        continue;
      }
      if (kind === OBJECT || kind === ARRAY) closing.push(tape.next(node));
      if (kind === OBJECT || kind === ARRAY || kind === KEY || kind === NULL) literal.push(place);
      else if (kind === STRING && spec.fixed?.(node) === true) literal.push(place);
      else {
        const scalar = classOf(tape.nodes[node] as number);
        if (scalar < 0) return undefined;
        cuts.push({ ...place, kind: scalar, depth: closing.length });
      }
      node += NODE;
    }
    const steps: Step<Plan>[] = [];
    const starts = [start, ...cuts.map((cut) => cut.end)];
    for (const [index, from] of starts.entries()) {
      const cut = cuts[index];
      steps.push({
        literal: Uint8Array.from(tape.bytes.subarray(from, cut?.start ?? end)),
        any: cut?.kind === ANY,
        depth: cut?.depth ?? 0,
        next: [],
      });
    }
    const shape = this.shape(tape, spec, cuts, literal, starts);
    (steps.at(-1) as Step<Plan>).shape = shape;
    return { steps, classes: cuts.map(({ kind }) => kind), shape };
  }

  private shape(
    tape: Tape,
    { plan, wanted }: ShapeSpec<Plan>,
    cuts: readonly Place[],
    literal: readonly Place[],
    starts: readonly number[],
  ): Shape<Plan> {
    const marked = new Uint8Array(tape.length);
    for (const root of wanted) marked.fill(1, root, rootEnd(tape, root));
    const needed = (node: number): boolean => marked[node] === 1;
    /** Literal and offset in it of a byte. */
    const locate = (byte: number): [number, number] => {
      let low = 0;
      for (let high = starts.length; high - low > 1;) {
        const middle = (low + high) >> 1;
        if ((starts[middle] as number) <= byte) low = middle;
        else high = middle;
      }
      return [low, byte - (starts[low] as number)];
    };
    return {
      plan,
      nodes: tape.nodes.slice(0, tape.length),
      values: Int32Array.from(cuts.flatMap(({ node }, index) => (needed(node) ? [node, index] : []))),
      spans: Int32Array.from(
        literal.flatMap(({ node, start, end }) =>
          needed(node) ? [node, ...locate(start), ...locate(end)] : [],
        ),
      ),
    };
  }
}

function rootEnd(tape: Tape, root: number): number {
  return tape.kind(root) === KEY ? root + NODE : tape.next(root);
}

function classOf(head: number): number {
  const kind = head & KIND;
  if (kind === NUMBER) return (head & FRACTION) === 0 ? INTEGER : OTHER_NUMBER;
  if (kind !== STRING) return BOOLEAN;
  if ((head & LONE) !== 0) return -1;
  return (head & ESCAPED) !== 0 ? ESCAPED_STRING : PLAIN_STRING;
}

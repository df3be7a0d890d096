import * as schema from '@parquetry/schema';
import type { Tape } from '@parquetry/schema';

// Local copies: in CommonJS each use of a re-exported name is a call.
const { ARRAY, ESCAPED, hashText, NODE, NULL, OBJECT } = schema;

/** One step of a path: a member's key, or an index if the value is an array. */
interface Step {
  readonly key: string;
  readonly bytes: Buffer;
  readonly hash: number;
  readonly index: number;
}

/** A dotted path into a message, such as `meta.ledgerSequence` or `events.0.closed_at`. */
export class JsonPath {
  private readonly steps: readonly Step[];

  constructor(readonly text: string) {
    this.steps = text.split('.').map((key) => ({
      key,
      bytes: Buffer.from(key),
      hash: hashText(key),
      index: /^\d{1,6}$/.test(key) ? Number(key) : -1,
    }));
  }

  /** The value's node below `root`; -1 if it is absent or null. */
  find(tape: Tape, root: number): number {
    let node = root;
    for (const step of this.steps) {
      const kind = tape.kind(node);
      if (kind === OBJECT) node = findMember(tape, node, step);
      else if (kind === ARRAY && step.index >= 0) node = findElement(tape, node, step.index);
      else return -1;
      if (node < 0) return -1;
    }
    return tape.kind(node) === NULL ? -1 : node;
  }
}

function findMember(tape: Tape, object: number, step: Step): number {
  const { nodes, bytes } = tape;
  const end = nodes[object + 3] as number;
  const size = step.bytes.length;
  for (let key = object + NODE; key < end; key = nodes[key + NODE + 3] as number) {
    if (nodes[key + 3] !== step.hash) continue;
    if (((nodes[key] as number) & ESCAPED) !== 0) {
      if (tape.string(key) === step.key) return key + NODE;
      continue;
    }
    const start = (nodes[key + 1] as number) + 1;
    if ((nodes[key + 2] as number) - start - 1 !== size) continue;
    let at = 0;
    while (at < size && step.bytes[at] === bytes[start + at]) at += 1;
    if (at === size) return key + NODE;
  }
  return -1;
}

function findElement(tape: Tape, array: number, index: number): number {
  const end = tape.next(array);
  let element = array + NODE;
  for (let count = 0; element < end; count += 1, element = tape.next(element))
    if (count === index) return element;
  return -1;
}

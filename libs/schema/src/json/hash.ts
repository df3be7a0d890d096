import { ESCAPED, type Tape } from './tape';

/** The hash of KEY nodes (FNV-1a, 32 bits) over the UTF-8 bytes of a decoded key. Not for security. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5 | 0;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 16777619);
  return hash;
}

/** Whether two KEY nodes of a tape decode to the same key. */
export function keysEqual(tape: Tape, a: number, b: number): boolean {
  const { nodes, bytes } = tape;
  if ((((nodes[a] as number) | (nodes[b] as number)) & ESCAPED) !== 0)
    return tape.string(a) === tape.string(b);
  const size = tape.end(a) - tape.start(a);
  if (tape.end(b) - tape.start(b) !== size) return false;
  const startA = tape.start(a);
  const startB = tape.start(b);
  for (let index = 1; index < size - 1; index += 1)
    if (bytes[startA + index] !== bytes[startB + index]) return false;
  return true;
}

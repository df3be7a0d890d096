import { hashText } from './hash';
import { ESCAPED, type Tape } from './tape';

/** A growing set of keys, numbered from 0 in order of insertion. It finds a tape's KEY without creating a string. */
export class KeyTable {
  /** The keys by number. */
  readonly keys: string[] = [];
  private readonly encoded: Buffer[] = [];
  private readonly hashes: number[] = [];
  private slots = new Int32Array(16);

  constructor(keys: Iterable<string> = []) {
    for (const key of keys) this.add(key);
  }

  /** Number of keys. */
  get size(): number {
    return this.keys.length;
  }

  /** Number of the key at a tape's KEY node, or -1. */
  find(tape: Tape, node: number): number {
    const { nodes, bytes } = tape;
    const hash = nodes[node + 3] as number;
    const mask = this.slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const index = (this.slots[slot] as number) - 1;
      if (index < 0) return -1;
      if (this.hashes[index] !== hash) continue;
      if (((nodes[node] as number) & ESCAPED) !== 0) {
        if (this.keys[index] === tape.string(node)) return index;
        continue;
      }
      const key = this.encoded[index] as Buffer;
      const start = (nodes[node + 1] as number) + 1;
      const size = (nodes[node + 2] as number) - start - 1;
      if (size !== key.length) continue;
      let at = 0;
      while (at < size && key[at] === bytes[start + at]) at += 1;
      if (at === size) return index;
    }
  }

  /** Number of a key given as text, or -1. */
  indexOf(key: string): number {
    const hash = hashText(key);
    const mask = this.slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const index = (this.slots[slot] as number) - 1;
      if (index < 0 || this.keys[index] === key) return index;
    }
  }

  /** Adds a key if it is missing, and returns its number. */
  add(key: string): number {
    const known = this.indexOf(key);
    if (known >= 0) return known;
    const index = this.keys.length;
    this.keys.push(key);
    this.encoded.push(Buffer.from(key));
    this.hashes.push(hashText(key));
    if ((index + 1) * 2 > this.slots.length) this.grow();
    else this.place(index);
    return index;
  }

  private place(index: number): void {
    const mask = this.slots.length - 1;
    let slot = (this.hashes[index] as number) & mask;
    while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
    this.slots[slot] = index + 1;
  }

  private grow(): void {
    this.slots = new Int32Array(this.slots.length * 2);
    for (let index = 0; index < this.keys.length; index += 1) this.place(index);
  }
}

import { hash } from 'node:crypto';

const LEAF = Buffer.of(0);
const NODE = Buffer.of(1);

/** A step from a leaf to the root: the hash of the other half, and on which side it is. */
export type ProofStep = { readonly left: string } | { readonly right: string };

/** The hash of a leaf (RFC 6962, 2.1). */
export function leafHash(data: string | Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([LEAF, Buffer.from(data)]), 'buffer');
}

function nodeHash(left: Buffer, right: Buffer): Buffer {
  return hash('sha256', Buffer.concat([NODE, left, right]), 'buffer');
}

interface Subtree {
  readonly hash: Buffer;
  readonly leaves: number;
  /** The leaf whose proof is wanted is in it. */
  readonly marked: boolean;
}

/** A Merkle tree as in RFC 6962, of leaves that arrive one after the other. Its memory is logarithmic. */
export class MerkleTree {
  private readonly subtrees: Subtree[] = [];
  private readonly steps: ProofStep[] = [];

  /** Appends the hash of a leaf; `marked`: its proof is wanted. At most one leaf can be marked. */
  add(leaf: Buffer, marked = false): void {
    let tree: Subtree = { hash: leaf, leaves: 1, marked };
    for (let last = this.subtrees.at(-1); last?.leaves === tree.leaves; last = this.subtrees.at(-1)) {
      this.subtrees.pop();
      tree = this.join(last, tree);
    }
    this.subtrees.push(tree);
  }

  /** The root, and the proof of the marked leaf. No leaf may follow. The root of no leaves is the sha256 of nothing. */
  finish(): { readonly root: Buffer; readonly proof: readonly ProofStep[] } {
    let tree = this.subtrees.pop();
    if (tree === undefined) return { root: hash('sha256', '', 'buffer'), proof: [] };
    for (let left = this.subtrees.pop(); left !== undefined; left = this.subtrees.pop())
      tree = this.join(left, tree);
    return { root: tree.hash, proof: this.steps };
  }

  private join(left: Subtree, right: Subtree): Subtree {
    if (left.marked) this.steps.push({ right: right.hash.toString('hex') });
    if (right.marked) this.steps.push({ left: left.hash.toString('hex') });
    return {
      hash: nodeHash(left.hash, right.hash),
      leaves: left.leaves + right.leaves,
      marked: left.marked || right.marked,
    };
  }
}

/** The root to which a proof leads from a leaf. */
export function provenRoot(leaf: Buffer, proof: readonly ProofStep[]): Buffer {
  return proof.reduce(
    (found, step) =>
      'left' in step
        ? nodeHash(Buffer.from(step.left, 'hex'), found)
        : nodeHash(found, Buffer.from(step.right, 'hex')),
    leaf,
  );
}

import { leafHash, MerkleTree, provenRoot } from './merkle';

/** Leaves and roots of the tests of Certificate Transparency, which defined these trees. */
const LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const ROOTS: Readonly<Record<number, string>> = {
  0: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  1: '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  2: 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  3: 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  8: '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
};

describe('MerkleTree', () => {
  it('has the roots of RFC 6962', () => {
    for (const [count, root] of Object.entries(ROOTS)) {
      const tree = new MerkleTree();
      for (const leaf of LEAVES.slice(0, Number(count))) tree.add(leafHash(Buffer.from(leaf, 'hex')));
      expect(tree.finish().root.toString('hex')).toBe(root);
    }
  });

  it('proves each leaf of trees of every size, and no other', () => {
    for (let size = 1; size <= 33; size += 1)
      for (let own = 0; own < size; own += 1) {
        const tree = new MerkleTree();
        for (let leaf = 0; leaf < size; leaf += 1) tree.add(leafHash(`leaf ${leaf}`), leaf === own);
        const { root, proof } = tree.finish();
        expect(proof.length).toBeLessThanOrEqual(Math.ceil(Math.log2(size)));
        expect(provenRoot(leafHash(`leaf ${own}`), proof).equals(root)).toBe(true);
        expect(provenRoot(leafHash(`leaf ${own + 1}`), proof).equals(root)).toBe(false);
      }
  });
});

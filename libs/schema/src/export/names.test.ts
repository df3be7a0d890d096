import fc from 'fast-check';
import { UNSAFE_NAME, decodeName, encodeName, encodeNames } from './names';

/** Texts that are close to what is encoded, and any others, lone surrogates too. */
const text = fc.oneof(
  fc.string({
    unit: fc.constantFrom('_', 'x', 'X', '2', '0', ' ', ',', 'a', 'A', 'é', 'É', '=', '\t', '😀', '\ud800'),
  }),
  fc.string({ unit: 'binary' }),
);

describe('encodeName', () => {
  it.each([
    ['fee', 'fee'],
    ['fee charged', 'fee_x20_charged'],
    ['a=b;{c}', 'a_x3D_b_x3B__x7B_c_x7D_'],
    ['_x20_', '_x5F_x20_'],
    ['', '_x_'],
    ['Gebühr', 'Gebühr'],
  ])('%j is %s', (name, encoded) => {
    expect(encodeName(name)).toBe(encoded);
    expect(decodeName(encoded)).toBe(name);
  });

  it('is reversible, and safe for Delta and Spark', () => {
    fc.assert(
      fc.property(text, (name) => {
        const encoded = encodeName(name);
        expect(decodeName(encoded)).toBe(name);
        expect(encoded).not.toMatch(UNSAFE_NAME);
        expect(encoded).not.toBe('');
        expect(encoded).not.toMatch(/\p{Surrogate}/u);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('encodeNames', () => {
  it('holds names apart that differ only in case, and leaves the taken ones', () => {
    expect([...encodeNames(['fee', 'Fee', 'FEE'])]).toEqual([
      ['FEE', 'FEE'],
      ['Fee', '_x46_ee'],
      ['fee', '_x66_ee'],
    ]);
    expect([...encodeNames(['year', 'fee'], ['year', 'Fee'])]).toEqual([
      ['fee', '_x66_ee'],
      ['year', '_x79_ear'],
    ]);
  });

  it('is reversible and unique whatever the case, in any order', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(text, { maxLength: 12 }),
        fc.array(text, { maxLength: 4 }),
        (names, more) => {
          const taken = [...encodeNames(more).values()];
          const encoded = encodeNames(names, taken);
          for (const [name, code] of encoded) {
            expect(decodeName(code)).toBe(name);
            expect(code).not.toMatch(UNSAFE_NAME);
          }
          expect(new Map(encodeNames([...names].reverse(), taken))).toEqual(encoded);
          const fresh = names.filter((name) => !more.includes(name));
          const folded = [...taken, ...fresh.map((name) => encoded.get(name) as string)].map((one) =>
            one.toLowerCase(),
          );
          expect(new Set(folded).size).toBe(folded.length);
        },
      ),
      { numRuns: 3000 },
    );
  });
});

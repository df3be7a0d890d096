import fc from 'fast-check';
import { UNSAFE_NAME, encodeName } from './names';

/** Texts that are close to what is encoded, and any others, lone surrogates too. */
const text = fc.oneof(
  fc.string({
    unit: fc.constantFrom('_', 'x', 'X', '2', '0', ' ', ',', 'a', 'A', 'é', 'É', '=', '\t', '😀', '\ud800'),
  }),
  fc.string({ unit: 'binary' }),
);

/** Reads a name back: that this is possible means that no two texts get one name. */
function decoded(name: string): string {
  return name.replaceAll(/_x([0-9A-F]{0,6})_/g, (_, hex: string) =>
    hex === '' ? '' : String.fromCodePoint(Number.parseInt(hex, 16)),
  );
}

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
    expect(decoded(encoded)).toBe(name);
  });

  it('is reversible, and safe for Delta and Spark', () => {
    fc.assert(
      fc.property(text, (name) => {
        const encoded = encodeName(name);
        expect(decoded(encoded)).toBe(name);
        expect(encoded).not.toMatch(UNSAFE_NAME);
        expect(encoded).not.toBe('');
        expect(encoded).not.toMatch(/\p{Surrogate}/u);
      }),
      { numRuns: 5000 },
    );
  });
});

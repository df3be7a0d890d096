import { decimalLength } from './digits';

it('is the length of the decimal text, at every power of ten and at the ends of 64 bits', () => {
  const powers = Array.from({ length: 20 }, (_, exponent) => 10n ** BigInt(exponent));
  const edges = powers.flatMap((power) => [power - 1n, power, power + 1n]);
  const values = [...edges, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n].flatMap((value) => [value, -value]);
  for (const value of values) expect([value, decimalLength(value)]).toEqual([value, String(value).length]);
  for (const value of values.map(Number).filter(Number.isSafeInteger))
    expect([value, decimalLength(value)]).toEqual([value, Object.is(value, -0) ? 1 : String(value).length]);
});

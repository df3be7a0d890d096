import { evenGroupRows, needsProbe, probeRows, rowGroupRows } from './sizes';

describe('sizes', () => {
  it('gives row groups of whole vectors, 2048 to 122880 rows', () => {
    expect([0, 1, 100, 546].map(rowGroupRows)).toEqual([122_880, 122_880, 122_880, 122_880]);
    expect(rowGroupRows(1000)).toBe(65_536);
    expect(rowGroupRows(10_000)).toBe(6144);
    expect(rowGroupRows(5_000_000)).toBe(2048);
  });

  it('divides a file into row groups of equal size', () => {
    expect([0, 1, 2048, 2049, 122_880].map((rows) => evenGroupRows(rows, 122_880))).toEqual([
      2048, 2048, 2048, 4096, 122_880,
    ]);
    expect(evenGroupRows(125_000, 122_880)).toBe(63_488);
    expect(evenGroupRows(1_000_000, 122_880)).toBe(112_640);
    expect(evenGroupRows(5000, 2048)).toBe(2048);
  });

  it('measures an eighth of the rows, within bounds', () => {
    expect([1, 100_000, 10_000_000].map(probeRows)).toEqual([8192, 12_500, 40_960]);
  });

  it('measures nothing when rows can fill neither a row group nor a file', () => {
    expect(needsProbe(1000, Infinity)).toBe(false);
    expect(needsProbe(1000, 1001)).toBe(false);
    expect(needsProbe(1000, 1000)).toBe(true);
    expect(needsProbe(40 << 20, Infinity)).toBe(true);
  });
});

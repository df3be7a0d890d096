import fc from 'fast-check';
import { PlainColumn } from './column';

/** The only page of a column: levels, then values. */
const page = (column: PlainColumn): string => {
  const { data } = column.pages();
  expect(data).toHaveLength(1);
  return (data[0]?.body ?? []).map((piece) => Buffer.from(piece).toString('hex')).join(' ');
};
const values = (column: PlainColumn): string => Buffer.from(column.pages().data[0]?.body[1] ?? []).toString();

describe('PlainColumn', () => {
  it('stores runs of rows like single rows', () => {
    const runs = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 40 })), { maxLength: 12 });
    const far = fc.tuple(runs, fc.integer({ min: 16_370, max: 16_400 }));
    fc.assert(
      fc.property(far, ([some, long]) => {
        const [together, alone] = [new PlainColumn('int32'), new PlainColumn('int32')];
        let next = 0;
        for (const [filled, rows] of [...some, [true, long] as const, ...some]) {
          for (let row = 0; row < rows; row += 1) {
            if (filled) alone.out.int32(next + row);
            if (filled) alone.keep();
            else alone.keepNull();
          }
          if (filled) for (let row = 0; row < rows; row += 1) together.out.int32(next + row);
          if (filled) together.keep(rows);
          else together.keepNull(rows);
          next += rows;
        }
        expect(page(together)).toBe(page(alone));
        expect([together.nulls, together.bytes]).toEqual([alone.nulls, alone.bytes]);
      }),
      { numRuns: 50 },
    );
  });

  it('starts empty with its own memory after a release', () => {
    const [first, second] = [new PlainColumn('utf8'), new PlainColumn('utf8')];
    first.out.ascii('x'.repeat(100_000));
    first.keep();
    first.release();
    second.out.ascii('y'.repeat(100_000));
    second.keep();
    first.out.ascii('zz');
    first.keep();
    first.keepNull();
    expect(values(second)).toBe('y'.repeat(100_000));
    expect(values(first)).toBe('zz');
    expect(first.nulls).toBe(1);
  });
});

import fc from 'fast-check';
import { PlainColumn } from './column';

const page = (column: PlainColumn): string => {
  const { levels, values } = column.page();
  return `${levels.toString('hex')} ${Buffer.from(values).toString('hex')}`;
};

describe('PlainColumn', () => {
  it('keeps runs of rows as it keeps rows one by one', () => {
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

  it('begins anew with memory of its own after a release', () => {
    const [first, second] = [new PlainColumn('utf8'), new PlainColumn('utf8')];
    first.out.ascii('x'.repeat(100_000));
    first.keep();
    first.release();
    second.out.ascii('y'.repeat(100_000));
    second.keep();
    first.out.ascii('zz');
    first.keep();
    first.keepNull();
    expect(Buffer.from(second.page().values).toString()).toBe('y'.repeat(100_000));
    expect(Buffer.from(first.page().values).toString()).toBe('zz');
    expect(first.nulls).toBe(1);
  });
});

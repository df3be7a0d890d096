import { type Layout } from '@parquetry/core';
import fc from 'fast-check';
import { type CutLimits, type LedgerFacts, decideCut } from './flushrule';

const DAY = 86_400_000_000;
const limits = (more: Partial<CutLimits> = {}): CutLimits => ({
  maxRows: 10,
  maxBytes: 1000,
  layout: { kind: 'ledger_day' },
  last: 1_000_000,
  aged: false,
  ...more,
});
const fact = (ledger: number, rows: number, bytes = 1, closeTimeMicros = 0): LedgerFacts => ({
  ledger,
  rows: new Map([['a', rows]]),
  bytes,
  closeTimeMicros,
});

describe('decideCut', () => {
  it('ends at the first ledger at which rows or bytes are reached', () => {
    expect(decideCut(1, 9, [fact(1, 4), fact(3, 6), fact(4, 9)], limits())).toEqual({
      end: 3,
      reason: 'rows',
    });
    expect(decideCut(1, 9, [fact(1, 1, 400), fact(2, 1, 600)], limits())).toEqual({
      end: 2,
      reason: 'bytes',
    });
  });

  it('counts rows by dataset: the largest one decides', () => {
    const both = (ledger: number, a: number, b: number): LedgerFacts => ({
      ...fact(ledger, 0),
      rows: new Map([
        ['a', a],
        ['b', b],
      ]),
    });
    expect(decideCut(1, 9, [both(1, 6, 0), both(2, 0, 6), both(3, 4, 4)], limits())).toEqual({
      end: 3,
      reason: 'rows',
    });
  });

  it('waits for open ledgers, and takes closed ones at the maximum age', () => {
    const facts = [fact(1, 1), fact(2, 1), fact(3, 50)];
    expect(decideCut(1, 2, facts, limits())).toBeUndefined();
    expect(decideCut(1, 2, facts, limits({ aged: true }))).toEqual({ end: 2, reason: 'age' });
    expect(decideCut(1, 0, facts, limits({ aged: true }))).toBeUndefined();
  });

  it('ends before another folder and at the last allowed ledger', () => {
    const facts = [fact(1, 1, 1, DAY - 1), fact(4, 1, 1, DAY)];
    expect(decideCut(1, 4, facts, limits())).toEqual({ end: 3, reason: 'layout_edge' });
    expect(decideCut(1, 9, [fact(1, 1)], limits({ last: 5 }))).toEqual({ end: 5, reason: 'range_end' });
    const layout: Layout = { kind: 'ledger_range', width: 10 };
    expect(decideCut(13, 40, [], limits({ layout }))).toEqual({ end: 19, reason: 'layout_edge' });
  });

  it('gives the same cut whatever follows, and tiles all ledgers', () => {
    const source = fc.array(fc.record({ rows: fc.nat(12), bytes: fc.nat(600), step: fc.nat(3) }), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(source, fc.nat(40), (ledgers, seen) => {
        let time = 0;
        const facts = ledgers.map(({ rows, bytes, step }, i) =>
          fact(i + 1, rows, bytes, (time += step * (DAY / 5))),
        );
        for (let cursor = 1; cursor <= facts.length;) {
          const whole = decideCut(cursor, facts.length, facts, limits({ aged: true }));
          if (whole === undefined) throw new Error('an old ledger was left');
          expect(whole.end).toBeGreaterThanOrEqual(cursor);
          const part = decideCut(cursor, Math.min(seen, facts.length), facts, limits());
          // What is decided without age never changes when more ledgers arrive.
          if (part !== undefined) expect(part).toEqual(whole);
          cursor = whole.end + 1;
        }
      }),
    );
  });
});

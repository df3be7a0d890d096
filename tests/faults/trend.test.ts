interface Series {
  readonly name: string;
  readonly unit: string;
  readonly points: readonly (readonly [number, number])[];
}
type Verdict = (
  series: Series,
  limit: { readonly least: number; readonly every: number },
  seconds: number,
) => { readonly text: string; readonly fault: boolean };

// eslint-disable-next-line @typescript-eslint/no-require-imports
const { verdict } = require('./trend.cjs') as { readonly verdict: Verdict };

/** An hour of samples, one every 30 seconds. */
function series(value: (minute: number) => number, count = 120): Series {
  const points = Array.from({ length: count }, (_, index) => [index * 30, value(index / 2)] as const);
  return { name: 'memory', unit: 'MB', points };
}

/** Noise of ±10 that repeats after seven samples. */
const noise = (minute: number): number => (((minute * 2 * 5) % 7) - 3) * (10 / 3);
const judge = (one: Series): ReturnType<Verdict> => verdict(one, { least: 30, every: 30 }, 3600);

describe('the verdict about a series of a soak', () => {
  it('accepts noise, and a rise while the worker warms up', () => {
    expect(judge(series((minute) => 300 + noise(minute))).fault).toBe(false);
    expect(judge(series((minute) => Math.min(300, 100 + minute * 20) + noise(minute))).fault).toBe(false);
  });

  it('finds a leak of one megabyte a minute, and names its slope', () => {
    const { text, fault } = judge(series((minute) => 300 + minute + noise(minute)));
    expect(fault).toBe(true);
    expect(text).toMatch(/slope (59|60|61)\.\d ± \d/);
  });

  it('does not call a rise below the limit a leak', () => {
    expect(judge(series((minute) => 300 + minute / 4 + noise(minute))).fault).toBe(false);
  });

  it('refuses a series with too few samples', () => {
    expect(judge(series(() => 300, 0))).toMatchObject({
      fault: true,
      text: '0 samples, at least 60 are needed',
    });
    expect(judge(series(() => 300, 59)).fault).toBe(true);
  });
});

import type { Price } from '../xdr/operations';

const UNIT = 10_000_000n;
const SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** Stroops as a decimal number with seven places, e.g. `12.5000000`. */
export function amountText(stroops: bigint): string {
  if (stroops >= UNIT && stroops <= SAFE) {
    const rest = Number(stroops) % 10_000_000;
    return `${(Number(stroops) - rest) / 10_000_000}.${String(rest + 10_000_000).slice(1)}`;
  }
  const digits = String(stroops);
  const sign = digits.startsWith('-') ? '-' : '';
  const whole = digits.slice(sign.length).padStart(8, '0');
  return `${sign}${whole.slice(0, -7)}.${whole.slice(-7)}`;
}

/** A price to seven places, halves away from zero, without its point; null for a price that is not positive. */
export function priceUnits({ n, d }: Price): bigint | null {
  if (n <= 0 || d <= 0) return null;
  const scaled = n * 10_000_000;
  if (!Number.isSafeInteger(scaled)) return (BigInt(n) * 20_000_000n + BigInt(d)) / BigInt(2 * d);
  const rest = scaled % d;
  return BigInt((scaled - rest) / d + (rest * 2 >= d ? 1 : 0));
}

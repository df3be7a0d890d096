const POWERS = Array.from({ length: 20 }, (_, exponent) => 10 ** exponent);

/** Length of a whole number in decimal, its sign counted: `-120` is 4. `value` is a safe integer or a 64-bit bigint. */
export function decimalLength(value: number | bigint): number {
  const size = Math.abs(Number(value));
  let digits = 1;
  while (digits < 20 && size >= (POWERS[digits] as number)) digits += 1;
  // A bigint that rounds to a power of ten may be less than it.
  if (typeof value === 'bigint' && size === POWERS[digits - 1]) return String(value).length;
  return value < 0 ? digits + 1 : digits;
}

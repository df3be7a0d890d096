import fc from 'fast-check';
import {
  decimalShape,
  FITS_DOUBLE,
  FITS_INT64,
  FITS_NONE,
  FITS_UINT64,
  integerFit,
  plainDecimal,
  survivesDouble,
} from './number';

const whole = <T>(read: (bytes: Buffer, start: number, end: number) => T, text: string): T =>
  read(Buffer.from(`9${text}9`), 1, 1 + text.length);

describe('integerFit', () => {
  it.each([
    ['0', FITS_DOUBLE],
    ['-1', FITS_DOUBLE],
    [String(2 ** 53), FITS_DOUBLE],
    ['9007199254740993', FITS_INT64],
    ['-9007199254740993', FITS_INT64],
    ['9223372036854775807', FITS_INT64],
    ['9223372036854775808', FITS_UINT64],
    ['-9223372036854775808', FITS_INT64],
    ['-9223372036854775809', FITS_NONE],
    ['18446744073709551615', FITS_UINT64],
    ['18446744073709551616', FITS_NONE],
    ['-18446744073709551615', FITS_NONE],
  ])('%s', (text, fit) => expect(whole(integerFit, text)).toBe(fit));
});

describe('survivesDouble', () => {
  it.each([
    '0',
    '-0',
    '0.0e999999999999',
    '0.1',
    '1e22',
    '1e300',
    '1.5',
    '123456789012345',
    '0.30000000000000004',
    '1.7976931348623157e308',
    '5e-324',
    '100e-2',
    '1152921504606846976',
    '1152921504606846976.000',
    '1.152921504606846976e18',
    '-115292150460684697600e-2',
    '340282366920938463463374607431768211456',
    '0.1000000000000000055511151231257827021181583404541015625',
    '1208925819614629174706176.0',
  ])('holds %s', (text) => expect(whole(survivesDouble, text)).toBe(true));
  it.each([
    '1e400',
    '-1e400',
    '1e-400',
    '9007199254740993',
    '0.1234567890123456789',
    '922337203685.4775807',
    '3e-324',
    '1e999999999999',
    '1e23',
    '1152921504606847000',
    '1152921504606847000.0',
    '1.152921504606847e18',
    `1${'0'.repeat(60)}`,
    '340282366920938463463374607431768211457',
    '0.1000000000000000055511151231257827021181583404541015626',
    `0.${'1'.repeat(2_000)}`,
  ])('does not hold %s', (text) => expect(whole(survivesDouble, text)).toBe(false));
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

  it('accepts what JavaScript prints for a double, unless it is a whole number of at most 38 digits', () => {
    fc.assert(
      fc.property(finite, (value) => {
        const size = Math.abs(value);
        const exact = Number.isInteger(value) && size < 1e38;
        const printed = String(value);
        const expected = !exact || BigInt(value) === BigInt(whole(plainDecimal, printed));
        expect(whole(survivesDouble, printed)).toBe(expected);
      }),
      { numRuns: 5_000 },
    );
  });

  it('accepts the exact value of any double, in any notation, and not the next whole number', () => {
    fc.assert(
      fc.property(finite, fc.integer({ min: 0, max: 30 }), (value, zeros) => {
        const size = Math.abs(value);
        if (size >= 1) {
          const digits = String(BigInt(Math.floor(size)));
          for (const text of [digits, `-${digits}.0`, `${digits}${'0'.repeat(zeros)}e-${zeros}`])
            expect(whole(survivesDouble, text)).toBe(true);
          const next = BigInt(Math.floor(size)) + 1n;
          expect(whole(survivesDouble, String(next))).toBe(BigInt(Number(next)) === next);
        }
        // toFixed gives every digit of a fraction of at most 100.
        const fraction = (size % 1).toFixed(100);
        if ((BigInt(fraction.replace('.', '')) * 2n ** 100n) % 10n ** 100n === 0n)
          expect(whole(survivesDouble, fraction)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('plainDecimal', () => {
  it.each([
    ['-0', '0'],
    ['0.000', '0'],
    ['1.50', '1.5'],
    ['-0.001', '-0.001'],
    ['1e2', '100'],
    ['12.5e-3', '0.0125'],
    ['1200e-2', '12'],
    ['00120', '120'],
    ['99999999999999999999999999999999999999', '99999999999999999999999999999999999999'],
  ])('%s is %s', (text, plain) => expect(whole(plainDecimal, text)).toBe(plain));

  it('keeps the value of any mantissa and exponent', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
        fc.nat(20),
        fc.integer({ min: -20, max: 20 }),
        (mantissa, point, exponent) => {
          const digits = String(mantissa < 0n ? -mantissa : mantissa).padStart(point + 1, '0');
          const fraction = point === 0 ? '' : `.${digits.slice(-point)}`;
          const text = `${mantissa < 0n ? '-' : ''}${digits.slice(0, digits.length - point).replace(/^0+(?=\d)/, '')}${fraction}e${exponent}`;
          const plain = whole(plainDecimal, text);
          const scale = 60;
          const [head, tail = ''] = plain.split('.');
          const value = BigInt(`${head}${tail.padEnd(scale, '0')}`);
          expect(value).toBe(mantissa * 10n ** BigInt(scale - point + exponent));
          const shape = whole(decimalShape, text);
          expect(shape.scale).toBe(tail.length);
          expect(shape.integerDigits).toBe(head?.replace(/^-?0*/, '').length);
        },
      ),
    );
  });
});

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
    '1e23',
    '1.5',
    '123456789012345',
    '0.30000000000000004',
    '1.7976931348623157e308',
    '5e-324',
    '100e-2',
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
  ])('does not hold %s', (text) => expect(whole(survivesDouble, text)).toBe(false));
  it('holds whatever JavaScript prints for a double, and no neighbour of it', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(whole(survivesDouble, String(value))).toBe(true);
      }),
      { numRuns: 5_000 },
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

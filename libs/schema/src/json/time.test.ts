import fc from 'fast-check';
import { TIME_BAD, TIME_FINE, TIME_OK, TIME_RANGE, TimeReader } from './time';

const time = new TimeReader();
const read = (text: string) => time.read(Buffer.from(`"${text}"`), 1, 1 + Buffer.byteLength(text));

describe('TimeReader', () => {
  it.each([
    ['2025-07-13T09:36:17Z', '2025-07-13T09:36:17Z'],
    ['2025-07-13t09:36:17z', '2025-07-13T09:36:17Z'],
    ['2025-07-13T11:36:17.5+02:00', '2025-07-13T09:36:17.500000Z'],
    ['2025-07-13T00:00:00.000001-23:59', '2025-07-13T23:59:00.000001Z'],
    ['2025-07-13T09:36:17.123456000Z', '2025-07-13T09:36:17.123456Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
    ['9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.999999Z'],
    ['2024-02-29T00:00:00-00:00', '2024-02-29T00:00:00Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00Z'],
    ['9999-12-31T23:58:59-00:01', '9999-12-31T23:59:59Z'],
    ['0001-01-01T00:01:00+00:01', '0001-01-01T00:00:00Z'],
  ])('%s is %s', (text, canonical) => {
    expect(read(text)).toBe(TIME_OK);
    expect(time.text()).toBe(canonical);
  });

  it.each([
    '',
    '2025-07-13',
    '2025-07-13T09:36:17',
    '2025-07-13 09:36:17Z',
    '2025-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2024-02-30T00:00:00Z',
    '2025-04-31T00:00:00Z',
    '2025-13-01T00:00:00Z',
    '2025-00-01T00:00:00Z',
    '2025-01-01T24:00:00Z',
    '2016-12-31T23:59:60Z',
    '2025-01-01T00:00:00.Z',
    '2025-01-01T00:00:00+0200',
    '2025-01-01T00:00:00+24:00',
    '2025-01-01T00:00:00Zx',
    '+025-01-01T00:00:00Z',
    '2025-01-01T00:00:00,5Z',
    '1752399377',
    '2025-1-01T00:00:00Z ',
  ])('%j is no time', (text) => expect(read(text)).toBe(TIME_BAD));

  it('distinguishes times that are too precise or out of range', () => {
    expect(read('2025-07-13T09:36:17.1234567Z')).toBe(TIME_FINE);
    expect(read('0001-01-01T00:00:00+00:01')).toBe(TIME_RANGE);
    expect(read('0001-01-01T00:00:59+00:01')).toBe(TIME_RANGE);
    expect(read('9999-12-31T23:59:00-00:01')).toBe(TIME_RANGE);
    expect(read('0000-01-01T00:00:00Z')).toBe(TIME_RANGE);
    expect(read('9999-12-31T23:59:59-00:01')).toBe(TIME_RANGE);
  });

  it('agrees with Date on every instant and is exact in microseconds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -62135596800, max: 253402300799 }),
        fc.nat(999_999),
        fc.integer({ min: -1439, max: 1439 }),
        (seconds, micros, offset) => {
          const local = new Date((seconds + offset * 60) * 1000);
          if (local.getUTCFullYear() < 0 || local.getUTCFullYear() > 9999) return;
          const size = Math.abs(offset);
          const zone = `${offset < 0 ? '-' : '+'}${String(Math.floor(size / 60)).padStart(2, '0')}:${String(size % 60).padStart(2, '0')}`;
          const text = `${local.toISOString().slice(0, 19)}.${String(micros).padStart(6, '0')}${zone}`;
          expect(read(text)).toBe(TIME_OK);
          expect([time.seconds, time.micros]).toEqual([seconds, micros]);
          expect(BigInt(time.unixMicros())).toBe(BigInt(seconds) * 1_000_000n + BigInt(micros));
        },
      ),
    );
  });

  it('reads Unix seconds and milliseconds', () => {
    expect(time.readUnix(1752399377)).toBe(TIME_OK);
    expect(time.text()).toBe('2025-07-13T09:36:17Z');
    expect(time.readUnix(1752399377001)).toBe(TIME_OK);
    expect(time.text()).toBe('2025-07-13T09:36:17.001000Z');
    expect(time.readUnix(-1)).toBe(TIME_RANGE);
  });
});

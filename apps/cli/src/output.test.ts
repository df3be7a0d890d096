import { formatCount } from './output';

it.each([0, 7, 999, 1000, -1000, 12_345, 999_999, 1_234_567, 4_294_967_295, 2 ** 53 - 1, 1234.567])(
  'formatCount(%d) writes it as people do in English',
  (value) => expect(formatCount(value)).toBe(value.toLocaleString('en-US')),
);

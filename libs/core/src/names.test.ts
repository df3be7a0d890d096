import { assertMessageType, messageTypeFault } from './names';
import { parseStorageUri } from './uri';

it.each(['contract_data', 'ledgers', 'A', 'x-1'])('accepts %s as a message type', (name) => {
  expect(messageTypeFault(name)).toBeUndefined();
});

it.each([
  '',
  '.',
  '..',
  'a.b',
  '../x',
  'a/b',
  'a\\b',
  'a b',
  '1a',
  '_parquetry',
  'con',
  'LPT1',
  'a\0',
  'é',
  "x'; DROP TABLE t; --",
  'x'.repeat(129),
])('refuses %j', (name) => {
  expect(() => assertMessageType(name)).toThrow(expect.objectContaining({ code: 'MESSAGE_TYPE_INVALID' }));
});

it.each([
  ['./archive', { scheme: 'file', path: './archive' }],
  ['~/data', { scheme: 'file', path: '~/data' }],
  ['file:///data/x', { scheme: 'file', path: '/data/x' }],
  ['s3://bucket/a//b/', { scheme: 's3', bucket: 'bucket', prefix: 'a/b' }],
  ['gs://bucket', { scheme: 'gs', bucket: 'bucket', prefix: '' }],
])('reads the location %s', (text, uri) => {
  expect(parseStorageUri(text)).toEqual(uri);
});

it.each(['', 'http://x/y', 's3:/x', 's3://', 'file://host/x', 'a\0b'])('refuses the location %j', (text) => {
  expect(() => parseStorageUri(text)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
});

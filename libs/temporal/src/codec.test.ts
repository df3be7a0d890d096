import { randomBytes } from 'node:crypto';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Payload, payloadCodec } from './codec';
import { tempFolder } from './testing/fakes';

const key = (): string => randomBytes(32).toString('base64');
const [first, second] = [key(), key()];
const payload = (text: string): Payload => ({
  metadata: { encoding: Buffer.from('json/plain'), type: Buffer.from('T') },
  data: Buffer.from(JSON.stringify(text)),
});
const plain = ({ metadata, data }: Payload): unknown => ({
  metadata: Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, value]) => [name, String(Buffer.from(value))]),
  ),
  data: String(Buffer.from(data ?? [])),
});

describe('PayloadCodec', () => {
  const codec = payloadCodec({ PARQUETRY_CODEC_KEYS: `a:${first}` });

  it('encrypts values and their metadata, each time with another result, and decrypts them', async () => {
    const values = [payload('galexie:s3://secret'), payload(''), { data: null }];
    const [one, two] = [await codec.encode(values), await codec.encode(values)];
    expect(String(one[0]?.data)).not.toContain('secret');
    expect(one[0]?.metadata).toEqual({
      encoding: Buffer.from('binary/encrypted'),
      'encryption-key-id': Buffer.from('a'),
    });
    expect(Buffer.from(one[0]?.data ?? []).equals(Buffer.from(two[0]?.data ?? []))).toBe(false);
    expect((await codec.decode(one)).map(plain)).toEqual(values.map(plain));
  });

  it('decrypts with old keys, and passes what is not encrypted', async () => {
    const rotated = payloadCodec({ PARQUETRY_CODEC_KEYS: `b:${second}, a:${first}` });
    const old = await codec.encode([payload('x')]);
    expect((await rotated.decode([...old, payload('y')])).map(plain)).toEqual(
      [payload('x'), payload('y')].map(plain),
    );
    expect(String((await rotated.encode([payload('z')]))[0]?.metadata?.['encryption-key-id'])).toBe('b');
  });

  it('decrypts all payloads of an answer in place', async () => {
    const answer = {
      events: [{ input: { payloads: await codec.encode([payload('x')]) } }, { data: Buffer.from('x') }],
    };
    codec.openAll(answer);
    expect(plain(answer.events[0]?.input?.payloads[0] ?? {})).toEqual(plain(payload('x')));
    const attributes = { data: Buffer.from('{"message":"no source s3://b","stack_trace":"at x"}') };
    const [encodedAttributes] = await codec.encode([attributes]);
    const failure = { message: 'Encoded failure', stackTrace: '', encodedAttributes };
    codec.openAll({ failure });
    expect(failure).toMatchObject({ message: 'no source s3://b', stackTrace: 'at x' });
  });

  it('without the key says which one is missing; off, it encrypts nothing', async () => {
    const off = payloadCodec({});
    const values = [payload('x')];
    expect(off.encrypts).toBe(false);
    expect(await off.encode(values)).toBe(values);
    expect(await off.decode(values)).toEqual(values);
    const failure = off.decode(await codec.encode(values));
    await expect(failure).rejects.toMatchObject({
      code: 'PAYLOAD_UNREADABLE',
      retryable: true,
      message: 'A payload in Temporal is encrypted with the key "a", which this process does not have.',
    });
  });

  it('refuses a changed payload and another key of the same name', async () => {
    const [sealed] = await codec.encode([payload('x')]);
    const data = Buffer.from(sealed?.data ?? []);
    for (const at of [0, 20, data.length - 1]) {
      const changed = Buffer.from(data);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await expect(codec.decode([{ ...sealed, data: changed }])).rejects.toMatchObject({
        code: 'PAYLOAD_UNREADABLE',
      });
    }
    await expect(codec.decode([{ ...sealed, data: data.subarray(0, 10) }])).rejects.toThrow(
      /can't be decrypted/,
    );
    const other = payloadCodec({ PARQUETRY_CODEC_KEYS: `a:${second}` });
    await expect(other.decode([sealed ?? {}])).rejects.toThrow(/the key differs/);
  });

  it.each([
    ['a short key', { PARQUETRY_CODEC_KEYS: 'a:c2hvcnQ=' }],
    ['no id', { PARQUETRY_CODEC_KEYS: first }],
    ['an id twice', { PARQUETRY_CODEC_KEYS: `a:${first},a:${second}` }],
    ['no file', { PARQUETRY_CODEC_KEYS_FILE: '/absent' }],
    ['both', { PARQUETRY_CODEC_KEYS: `a:${first}`, PARQUETRY_CODEC_KEYS_FILE: '/absent' }],
  ])('refuses %s, without its text', (_, env) => {
    expect(() => payloadCodec(env)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.not.stringMatching(new RegExp(`c2hvcnQ|${first.slice(0, 10)}`)) as string,
      }),
    );
  });

  it('reads its file again when it changes, and keeps the last keys while it is wrong', async () => {
    const folder = tempFolder();
    const now = jest.spyOn(Date, 'now');
    try {
      const file = join(folder.path, 'keys');
      let clock = 1_000_000;
      now.mockImplementation(() => clock);
      const put = (content: string): void => {
        writeFileSync(file, content);
        clock += 10_000;
        utimesSync(file, clock / 1000, clock / 1000);
      };
      put(`a:${first}\n`);
      const rotating = payloadCodec({ PARQUETRY_CODEC_KEYS_FILE: file });
      const idOf = async (): Promise<string> =>
        String((await rotating.encode([payload('x')]))[0]?.metadata?.['encryption-key-id']);
      expect(await idOf()).toBe('a');
      put('');
      expect(await idOf()).toBe('a');
      put('b:broken');
      expect(await idOf()).toBe('a');
      put(`b:${second}\na:${first}\n`);
      expect(await idOf()).toBe('b');
    } finally {
      now.mockRestore();
      folder.remove();
    }
  });
});

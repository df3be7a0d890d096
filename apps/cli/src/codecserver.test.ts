import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { type Payload, payloadCodec } from '@parquetry/temporal';
import { type CodecServer, serveCodec } from './codecserver';

const UI = 'https://temporal.example.com';
const key = (): string => randomBytes(32).toString('base64');
const [FIRST, SECOND, OTHER] = [key(), key(), key()];
const codecOf = (keys: string): ReturnType<typeof payloadCodec> =>
  payloadCodec({ PARQUETRY_CODEC_KEYS: keys });

const payload = (value: unknown): Payload => ({
  metadata: { encoding: Buffer.from('json/plain') },
  data: Buffer.from(JSON.stringify(value)),
});
const asJson = ({ metadata, data }: Payload): unknown => ({
  metadata: Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]),
  ),
  data: Buffer.from(data ?? []).toString('base64'),
});

describe('codec server', () => {
  const rotated = codecOf(`b:${SECOND},a:${FIRST}`);
  let server: CodecServer;
  beforeAll(async () => {
    server = await serveCodec({ address: '127.0.0.1:0', ui: UI, codec: rotated });
  });
  afterAll(() => server.close());

  const post = (body: unknown, headers: Record<string, string> = {}, path = '/decode'): Promise<Response> =>
    fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  it('decrypts payloads of all keys and passes plain ones on, in their order', async () => {
    const values = [{ archive: 's3://lake/stellar' }, 'two', null];
    const [old] = await codecOf(`a:${FIRST}`).encode([payload(values[0])]);
    const [now] = await rotated.encode([payload(values[1])]);
    const plain = payload(values[2]);
    const answer = await post(
      { payloads: [old, now, plain].map((each) => asJson(each as Payload)) },
      { origin: UI, 'x-namespace': 'default' },
    );
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe(UI);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.json()).toEqual({ payloads: values.map((value) => asJson(payload(value))) });
  });

  it('says which key is missing, and shows none', async () => {
    const sent = await codecOf(`lost:${OTHER}`).encode([payload(1)]);
    const answer = await post({ payloads: sent.map(asJson) }, { origin: UI });
    const text = await answer.text();
    expect({ status: answer.status, origin: answer.headers.get('access-control-allow-origin') }).toEqual({
      status: 400,
      origin: UI,
    });
    expect(text).toContain('key \\"lost\\"');
    for (const each of [FIRST, SECOND, OTHER]) expect(text).not.toContain(each);
  });

  it('answers the question of a browser for pages of the UI', async () => {
    const answer = await fetch(`${server.url}/decode`, {
      method: 'OPTIONS',
      headers: {
        origin: UI,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,x-namespace',
        'access-control-request-private-network': 'true',
      },
    });
    expect(answer.status).toBe(204);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'access-control-allow-origin': UI,
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type, x-namespace, authorization',
      'access-control-allow-private-network': 'true',
    });
  });

  it('refuses pages of other origins before it decodes', async () => {
    const sent = (await rotated.encode([payload('secret')])).map(asJson);
    for (const origin of [
      'https://evil.example',
      'null',
      `${UI}.evil.example`,
      'http://temporal.example.com',
    ]) {
      const answer = await post({ payloads: sent }, { origin });
      expect([origin, answer.status]).toEqual([origin, 403]);
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('refuses the name of another host, which a site could point at this machine', async () => {
    const { port } = new URL(server.url);
    const status = await new Promise((resolve, reject) =>
      request({ host: '127.0.0.1', port, path: '/decode', method: 'POST', headers: { host: 'evil.example' } })
        .on('response', (response) => resolve(response.statusCode))
        .on('error', reject)
        .end('{}'),
    );
    expect(status).toBe(421);
  });

  it.each<[string, number, () => Promise<Response>]>([
    ['text that is not JSON', 400, () => post('{')],
    ['no payloads', 400, () => post({ payloads: 1 })],
    ['payloads that are none', 400, () => post({ payloads: [1] })],
    [
      'a damaged payload',
      400,
      () =>
        post({
          payloads: [
            {
              metadata: {
                encoding: Buffer.from('binary/encrypted').toString('base64'),
                'encryption-key-id': Buffer.from('a').toString('base64'),
              },
              data: 'AAAA',
            },
          ],
        }),
    ],
    ['a form', 415, () => post('payloads=1', { 'content-type': 'text/plain' })],
    ['encoding', 404, () => post({ payloads: [] }, {}, '/encode')],
    ['another method', 405, () => fetch(`${server.url}/decode`)],
  ])('refuses %s', async (_, status, send) => {
    expect((await send()).status).toBe(status);
  });

  it('does not start without keys, or where other machines reach it', async () => {
    const codec = codecOf('');
    await expect(serveCodec({ address: '127.0.0.1:0', ui: UI, codec })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'There are no keys to decode with.',
    });
    for (const address of ['0.0.0.0:0', '[::]:0', '192.168.1.2:0', 'temporal.example.com:0'])
      await expect(serveCodec({ address, ui: UI, codec: rotated })).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
      });
  });
});

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RestCatalog } from './catalog';

const NEW = 's3://lake/_iceberg/ledgers/metadata/v2.metadata.json';
const OLD = 's3://lake/_iceberg/ledgers/metadata/v1.metadata.json';

/** A catalog in memory that speaks the part of the REST protocol that registrations use. */
class Catalog {
  readonly tables = new Map<string, string>();
  readonly requests: string[] = [];
  private server: Server | undefined;

  constructor(private readonly options: { readonly overwrites: boolean; readonly token?: string }) {}

  async start(): Promise<string> {
    const server = createServer((request, response) => {
      let text = '';
      request.on('data', (part: Buffer) => (text += part.toString()));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        this.requests.push(`${method} ${url}`);
        const denied =
          this.options.token !== undefined && headers.authorization !== `Bearer ${this.options.token}`;
        const [status, body] = denied
          ? [401, {}]
          : this.answer(method, url, text === '' ? {} : JSON.parse(text));
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(status === 204 ? undefined : JSON.stringify(body));
      });
    });
    this.server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`;
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.server?.close(resolve));
  }

  private answer(method: string, url: string, body: Record<string, unknown>): [number, object] {
    if (url === '/api/v1/config?warehouse=main') return [200, { overrides: { prefix: 'p1' }, defaults: {} }];
    if (url === '/api/v1/config') return [200, { overrides: {}, defaults: {} }];
    const path = url.replace(/^\/api\/v1\/(p1\/)?/, '');
    if (path === 'namespaces') return [409, {}];
    if (path === 'namespaces/a%1Fb/register') {
      const name = String(body['name']);
      const replaces = this.options.overwrites && body['overwrite'] === true;
      if (this.tables.has(name) && !replaces) return [409, {}];
      this.tables.set(name, String(body['metadata-location']));
      return [200, {}];
    }
    const name = /^namespaces\/a%1Fb\/tables\/(\w+)/.exec(path)?.[1] ?? '';
    const location = this.tables.get(name);
    if (location === undefined) return [404, {}];
    if (method === 'DELETE') {
      this.tables.delete(name);
      return [204, {}];
    }
    const folder = location.slice(0, location.lastIndexOf('/'));
    return [
      200,
      { 'metadata-location': location, metadata: { properties: { 'write.metadata.path': folder } } },
    ];
  }
}

async function withCatalog(
  options: { readonly overwrites: boolean; readonly token?: string },
  run: (catalog: Catalog, uri: string) => Promise<void>,
): Promise<void> {
  const catalog = new Catalog(options);
  const uri = await catalog.start();
  try {
    await run(catalog, uri);
  } finally {
    await catalog.stop();
  }
}

describe.each([true, false])('a REST catalog that overwrites tables: %s', (overwrites) => {
  it('gets a table, keeps it, and gets its newer metadata', () =>
    withCatalog({ overwrites, token: 'secret' }, async (catalog, uri) => {
      const options = { uri, namespace: ['a', 'b'], warehouse: 'main', token: 'secret' };
      const rest = await RestCatalog.connect(options);
      expect(await rest.register('ledgers', OLD)).toEqual({
        table: 'a.b.ledgers',
        outcome: 'registered',
        metadata: OLD,
      });
      expect(await rest.register('ledgers', OLD)).toMatchObject({ outcome: 'current' });
      expect(await rest.register('ledgers', NEW)).toMatchObject({ outcome: 'updated' });
      expect([...catalog.tables]).toEqual([['ledgers', NEW]]);
      const dropped = catalog.requests.filter((request) => request.startsWith('DELETE'));
      expect(dropped).toEqual(
        overwrites ? [] : ['DELETE /api/v1/p1/namespaces/a%1Fb/tables/ledgers?purgeRequested=false'],
      );
    }));
});

it('never replaces a table of another place', () =>
  withCatalog({ overwrites: true }, async (catalog, uri) => {
    catalog.tables.set('ledgers', 's3://other/table/metadata/1.metadata.json');
    const rest = await RestCatalog.connect({ uri, namespace: ['a', 'b'] });
    await expect(rest.register('ledgers', NEW)).rejects.toMatchObject({
      code: 'CATALOG_FAILED',
      message: 'The catalog has another table of the name a.b.ledgers.',
    });
    expect(catalog.tables.get('ledgers')).toBe('s3://other/table/metadata/1.metadata.json');
  }));

it('is refused when the token is wrong, nothing answers, or the URI is none', async () => {
  let closed = '';
  await withCatalog({ overwrites: true, token: 'secret' }, async (_, uri) => {
    closed = uri;
    await expect(RestCatalog.connect({ uri, namespace: ['a'], token: 'wrong' })).rejects.toMatchObject({
      code: 'CATALOG_FAILED',
      details: { status: 401 },
      hint: expect.stringContaining('ICEBERG_CATALOG_TOKEN'),
    });
  });
  await expect(RestCatalog.connect({ uri: closed, namespace: ['a'] })).rejects.toMatchObject({
    code: 'CATALOG_FAILED',
    message: expect.stringContaining('does not answer'),
  });
  for (const uri of ['thrift://host', 'http://user:password@host', 'https://host?token=x', 'nothing'])
    await expect(RestCatalog.connect({ uri, namespace: ['a'] })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
});

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A REST catalog in memory: accepts registrations and gives readers the metadata that they name. */
export class TestCatalog {
  private readonly tables = new Map<string, string>();
  private server: Server | undefined;

  /** @param read the text of the metadata at a URI */
  constructor(private readonly read: (uri: string) => Promise<string>) {}

  /** Starts the server; returns its URI. */
  async start(): Promise<string> {
    const server = createServer((request, response) => {
      let text = '';
      request.on('data', (part: Buffer) => (text += part.toString()));
      request.on('end', () => {
        const { method = '', url = '' } = request;
        void this.answer(`${method} ${decodeURIComponent(url.replace(/\?.*/, ''))}`, text).then(
          ([status, body]) => {
            response.writeHead(status, { 'content-type': 'application/json' });
            response.end(body);
          },
        );
      });
    });
    this.server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve) ?? resolve(undefined));
  }

  private async answer(asked: string, text: string): Promise<[status: number, body: string]> {
    if (asked === 'GET /v1/config') return [200, '{"overrides":{},"defaults":{}}'];
    if (asked === 'POST /v1/namespaces') return [200, text];
    if (/^(GET|HEAD) \/v1\/namespaces\/\w+$/.test(asked))
      return [200, `{"namespace":["${asked.split('/').at(-1)}"],"properties":{}}`];
    if (/^POST \/v1\/namespaces\/\w+\/register$/.test(asked)) {
      const { name, ...body } = JSON.parse(text) as Record<string, string>;
      this.tables.set(String(name), String(body['metadata-location']));
      return [200, '{}'];
    }
    const name = /^GET \/v1\/namespaces\/\w+\/tables\/([\w.]+)$/.exec(asked)?.[1] ?? '';
    const location = this.tables.get(name);
    if (location === undefined)
      return [404, `{"error":{"message":"no ${name}","type":"NoSuchTableException","code":404}}`];
    // The text as it is: parsing could change 64-bit numbers.
    return [200, `{"metadata-location":"${location}","metadata":${await this.read(location)},"config":{}}`];
  }
}

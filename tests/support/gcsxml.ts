import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** An object in the JSON API. */
interface Described {
  readonly name: string;
  readonly size: string;
  readonly updated: string;
  readonly etag?: string;
  readonly generation?: string;
}

interface Listing {
  readonly items?: readonly Described[];
  readonly prefixes?: readonly string[];
  readonly nextPageToken?: string;
}

/**
 * The part of the XML API of GCS that Rust's `object_store` reads with (delta-rs, polars), in front of fake-gcs-server,
 * which has only the JSON API: listings (`list-type=2`), HEAD and GET of objects. Objects are not changed on the way.
 */
export class GcsXml {
  private readonly server = createServer((request, response) => {
    this.answer(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });

  /** @param json address of the JSON API */
  constructor(private readonly json: string) {}

  /** Starts the proxy; returns its address. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(
    { url = '', method, headers }: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { pathname, searchParams } = new URL(url, this.json);
    const [, bucket = '', ...parts] = pathname.split('/');
    if (method !== 'GET' && method !== 'HEAD') return void response.writeHead(405).end();
    if (parts.join('') === '') return this.list(bucket, searchParams, response);
    const name = parts.map(decodeURIComponent).join('/');
    const at = `${this.json}/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}`;
    const found = await fetch(at);
    if (!found.ok) return void response.writeHead(found.status).end('<Error><Code>NoSuchKey</Code></Error>');
    const object = (await found.json()) as Described;
    const described = {
      etag: object.etag ?? `"${object.generation}"`,
      'last-modified': new Date(object.updated).toUTCString(),
      'x-goog-generation': object.generation ?? '',
    };
    if (method === 'HEAD')
      return void response.writeHead(200, { ...described, 'content-length': object.size }).end();
    const { range } = headers;
    const body = await fetch(`${at}?alt=media`, range === undefined ? {} : { headers: { range } });
    const kept = ['content-length', 'content-range', 'content-type'].flatMap((header) => {
      const value = body.headers.get(header);
      return value === null ? [] : [[header, value]];
    });
    response.writeHead(body.status, { ...described, ...Object.fromEntries(kept) });
    await pipeline(Readable.fromWeb(body.body as Parameters<typeof Readable.fromWeb>[0]), response);
  }

  private async list(bucket: string, asked: URLSearchParams, response: ServerResponse): Promise<void> {
    const query = new URLSearchParams();
    for (const [xml, json] of Object.entries(LISTING)) {
      const value = asked.get(xml);
      if (value !== null) query.set(json, value);
    }
    const found = await fetch(`${this.json}/storage/v1/b/${bucket}/o?${query.toString()}`);
    const { items = [], prefixes = [], nextPageToken } = (await found.json()) as Listing;
    // `startOffset` includes the name, `start-after` does not.
    const after = asked.get('start-after') ?? '';
    const objects = items.filter(({ name }) => name > after);
    const parts = [
      `<Name>${escaped(bucket)}</Name><IsTruncated>${nextPageToken !== undefined}</IsTruncated>`,
      ...(nextPageToken === undefined
        ? []
        : [`<NextContinuationToken>${escaped(nextPageToken)}</NextContinuationToken>`]),
      ...objects.map(
        ({ name, size, updated, etag, generation }) =>
          `<Contents><Key>${escaped(name)}</Key><Size>${size}</Size><LastModified>${updated}</LastModified>` +
          `<ETag>${escaped(etag ?? `"${generation}"`)}</ETag></Contents>`,
      ),
      ...prefixes.map((prefix) => `<CommonPrefixes><Prefix>${escaped(prefix)}</Prefix></CommonPrefixes>`),
    ];
    response.writeHead(found.status, { 'content-type': 'application/xml' });
    response.end(`<?xml version="1.0"?><ListBucketResult>${parts.join('')}</ListBucketResult>`);
  }
}

/** Parameters of a listing in both APIs. */
const LISTING = {
  prefix: 'prefix',
  delimiter: 'delimiter',
  'start-after': 'startOffset',
  'continuation-token': 'pageToken',
  'max-keys': 'maxResults',
};

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '');
}

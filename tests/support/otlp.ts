import { once } from 'node:events';
import { type IncomingMessage, createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** A span as a receiver of OTLP/HTTP gets it; values of attributes are text. */
export interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Undefined for the root of a trace. */
  readonly parentId: string | undefined;
  /** Unix nanoseconds. */
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: Readonly<Record<string, string>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly failed: boolean;
  /** `service.instance.id` of the process that sent it. */
  readonly instance: string;
}

interface RawAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, string | number | boolean>>;
}

interface RawSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly RawAttribute[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status?: { readonly code?: number };
}

interface RawExport {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly RawAttribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly RawSpan[] }[];
  }[];
}

/** A receiver of traces on a free port of the loopback address. */
export class OtlpReceiver {
  readonly spans: Span[] = [];
  /** Bodies as text, to search them for what must not be there. */
  readonly bodies: string[] = [];
  private constructor(
    /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
    readonly endpoint: string,
    readonly close: () => void,
  ) {}

  /** @param status of all answers */
  static async start(status = 200): Promise<OtlpReceiver> {
    const server = createServer((request, response) => {
      void readAll(request).then((body) => {
        receiver.receive(body, request);
        response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = address === null || typeof address === 'string' ? 0 : address.port;
    const receiver: OtlpReceiver = new OtlpReceiver(`http://127.0.0.1:${port}`, () => {
      server.close();
      server.closeAllConnections();
    });
    return receiver;
  }

  /** The environment of a process that sends its traces here, soon after each span ends. */
  get env(): Record<string, string> {
    return {
      OTEL_EXPORTER_OTLP_ENDPOINT: this.endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '100',
    };
  }

  /** The first span that fits; waits for it. */
  async waitFor(fits: (span: Span) => boolean, limitMs = 120_000): Promise<Span> {
    const until = Date.now() + limitMs;
    for (;;) {
      const found = this.spans.find(fits);
      if (found !== undefined) return found;
      if (Date.now() > until)
        throw new Error(`no such span among:\n${this.spans.map(({ name }) => name).join('\n')}`);
      await sleep(50);
    }
  }

  /** The spans of a trace. */
  trace(traceId: string): Span[] {
    return this.spans.filter((span) => span.traceId === traceId);
  }

  private receive(body: Buffer, { url, headers }: IncomingMessage): void {
    this.bodies.push(body.toString('latin1'));
    if (url !== '/v1/traces') throw new Error(`unexpected request ${url}`);
    if (headers['content-type'] !== 'application/json') return;
    // Times are text, so nothing is rounded.
    const { resourceSpans } = JSON.parse(body.toString('utf8')) as RawExport;
    for (const { resource, scopeSpans } of resourceSpans) {
      const instance = textsOf(resource.attributes)['service.instance.id'] ?? '';
      for (const { spans } of scopeSpans) for (const raw of spans) this.spans.push(spanOf(raw, instance));
    }
  }
}

function spanOf(raw: RawSpan, instance: string): Span {
  const { name, traceId, spanId, parentSpanId, startTimeUnixNano, endTimeUnixNano, links = [] } = raw;
  return {
    ...{ name, traceId, spanId, links, instance },
    parentId: parentSpanId === undefined || parentSpanId === '' ? undefined : parentSpanId,
    start: BigInt(startTimeUnixNano),
    end: BigInt(endTimeUnixNano),
    attributes: textsOf(raw.attributes),
    failed: raw.status?.code === 2,
  };
}

function textsOf(attributes: readonly RawAttribute[]): Record<string, string> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, String(Object.values(value)[0] ?? '')]));
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

import { createHash, randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UploadLost } from '../remote/fault';
import { ResumableSession } from './session';

const CHUNK = 256 << 10;

/** A resumable session as Google documents it; `mood` selects the failure to inject. */
class SessionServer {
  readonly received: Buffer[] = [];
  requests = 0;
  object: Buffer | undefined;
  taken = false;
  deleted = false;
  mood: ('ok' | 'lose-answer' | 'half' | 'busy')[] = [];
  private server!: Server;

  async start(): Promise<string> {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        this.requests++;
        const mood = this.mood.shift() ?? 'ok';
        if (request.method === 'DELETE') {
          this.deleted = true;
          return void response.writeHead(499).end();
        }
        if (mood === 'busy') return void response.writeHead(503, { 'retry-after': '7' }).end();
        const body = Buffer.concat(chunks);
        const [, from, total] =
          /^bytes (?:(\d+)-\d+|\*)\/(\d+)$/.exec(String(request.headers['content-range'])) ?? [];
        const have = Buffer.concat(this.received).length;
        if (from !== undefined && this.object === undefined) {
          if (Number(from) !== have) return void response.writeHead(400).end();
          const half = Math.floor(body.length / 2 / CHUNK) * CHUNK;
          this.received.push(mood === 'half' ? body.subarray(0, half) : body);
        }
        const all = Buffer.concat(this.received);
        if (all.length === Number(total)) {
          if (this.taken) return void response.writeHead(412).end();
          this.object = all;
        }
        if (mood === 'lose-answer' || mood === 'half') return void request.socket.destroy();
        if (this.object === undefined)
          return void response
            .writeHead(308, all.length === 0 ? {} : { range: `bytes=0-${all.length - 1}` })
            .end();
        const md5Hash = createHash('md5').update(this.object).digest('base64');
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ md5Hash }));
      });
    });
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/upload?upload_id=secret`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const signal = new AbortController().signal;

async function sendAll(session: ResumableSession, bytes: Buffer, tries = 6): Promise<void> {
  for (let offset = 0, index = 0; offset < bytes.length; offset += session.partBytes, index++)
    for (let attempt = 1; ; attempt++)
      try {
        await session.part(index, offset, bytes.subarray(offset, offset + session.partBytes), signal);
        break;
      } catch (error) {
        if (error instanceof UploadLost || attempt === tries) throw error;
      }
}

describe('ResumableSession', () => {
  let server: SessionServer;
  const bytes = randomBytes(4 * CHUNK + 4 * CHUNK + 99);
  const open = async (): Promise<ResumableSession> =>
    new ResumableSession(await server.start(), bytes.length, 4 * CHUNK + 5);

  beforeEach(() => (server = new SessionServer()));
  afterEach(() => server.stop());

  it('sends chunks in multiples of 256 KiB and creates the object with the last one', async () => {
    const session = await open();
    expect(session.partBytes).toBe(4 * CHUNK);
    await sendAll(session, bytes);
    expect(await session.finish()).toBe(true);
    expect(server.requests).toBe(3);
    expect(server.object?.equals(bytes)).toBe(true);
  });

  it.each([
    ['the response to a chunk is lost', ['lose-answer']],
    ['half a chunk arrives', ['ok', 'half']],
    ['half a chunk arrives and the next responses are lost', ['half', 'lose-answer', 'half', 'lose-answer']],
    ['the response to the last chunk is lost', ['ok', 'ok', 'lose-answer']],
    ['the service is busy', ['busy', 'busy', 'ok', 'busy']],
  ] as const)('queries the received offset when %s', async (_, mood) => {
    const session = await open();
    server.mood = [...mood];
    await sendAll(session, bytes);
    expect(await session.finish()).toBe(true);
    expect(server.object?.equals(bytes)).toBe(true);
  });

  it('reports a name that was taken meanwhile', async () => {
    server.taken = true;
    const session = await open();
    await sendAll(session, bytes);
    expect(await session.finish()).toBe(false);
    expect(server.object).toBeUndefined();
  });

  it('detects an object that differs from what was sent', async () => {
    const session = await open();
    server.received.push(Buffer.alloc(0));
    const push = server.received.push.bind(server.received);
    server.received.push = (item) => push(Buffer.from(item).fill(0));
    await expect(sendAll(session, bytes, 1)).rejects.toMatchObject({ code: 'VERIFY_MISMATCH' });
  });

  it('cancels, and never reveals its address', async () => {
    const session = await open();
    await session.abort(signal);
    expect(server.deleted).toBe(true);
    server.mood = ['busy'];
    const error: unknown = await session
      .part(0, 0, bytes.subarray(0, session.partBytes), signal)
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ status: 503, retryAfter: '7' });
    expect(JSON.stringify(error) + String(error)).not.toContain('secret');
  });
});

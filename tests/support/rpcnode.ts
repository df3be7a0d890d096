import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { type IncomingHttpHeaders, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { decompress } from '@mongodb-js/zstd';
import { hex, readBatchHeader, readLedger } from '@parquetry/stellar';

/** A ledger in the form of `getLedgers`. */
export interface NodeLedger {
  readonly hash: string;
  readonly sequence: number;
  readonly ledgerCloseTime: string;
  readonly headerXdr: string;
  readonly metadataXdr: string;
}

/** A call that the node received. */
export interface NodeCall {
  readonly method: string;
  readonly params: {
    readonly startLedger?: number;
    readonly pagination?: { cursor?: string; limit: number };
  };
  readonly headers: IncomingHttpHeaders;
  /** From 1. */
  readonly number: number;
}

/** A fault of the node: instead of a response, or in it. */
export type NodeFault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | { readonly error: { readonly code: number; readonly message: string } }
  | { readonly result: unknown }
  | { readonly body: Buffer; readonly headers?: Readonly<Record<string, string>> }
  | 'reset'
  | 'truncate';

/** An RPC node over ledgers in memory; tests set its window and faults. */
export class RpcNode {
  readonly calls: NodeCall[] = [];
  oldest: number;
  latest: number;
  fault: (call: NodeCall) => NodeFault | undefined = () => undefined;
  readonly url: string;
  private readonly bySequence: ReadonlyMap<number, NodeLedger>;

  private constructor(
    readonly ledgers: readonly NodeLedger[],
    public network: string,
    private readonly server: Server,
  ) {
    this.bySequence = new Map(ledgers.map((ledger) => [ledger.sequence, ledger]));
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    this.oldest = ledgers[0]?.sequence ?? 1;
    this.latest = ledgers.at(-1)?.sequence ?? 1;
  }

  static async start(ledgers: readonly NodeLedger[], network: string): Promise<RpcNode> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const node = new RpcNode(ledgers, network, server);
    server.on('request', (request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const {
          id,
          method,
          params = {},
        } = JSON.parse(Buffer.concat(parts).toString()) as {
          readonly id: number;
          readonly method: string;
          readonly params?: NodeCall['params'];
        };
        const number = node.calls.length + 1;
        const call: NodeCall = { method, params, headers: request.headers, number };
        node.calls.push(call);
        node.answer(call, id, response);
      });
    });
    return node;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(call: NodeCall, id: number, response: ServerResponse): void {
    const fault = this.fault(call);
    if (fault === 'reset') return void response.socket?.resetAndDestroy();
    const outcome =
      fault !== undefined && typeof fault === 'object' && 'result' in fault ? fault : this.outcome(call);
    const text = JSON.stringify({ jsonrpc: '2.0', id, ...(isError(fault) ? fault : outcome) });
    if (fault === 'truncate') return void response.end(text.slice(0, Math.floor(text.length / 2)));
    if (typeof fault === 'object' && 'status' in fault)
      return void response.writeHead(fault.status, fault.headers).end(fault.body);
    if (typeof fault === 'object' && 'body' in fault)
      return void response.writeHead(200, fault.headers).end(fault.body);
    response.writeHead(200, { 'content-type': 'application/json' }).end(text);
  }

  /** The response of a healthy node. */
  outcome({ method, params }: Pick<NodeCall, 'method' | 'params'>): { result: unknown } | { error: unknown } {
    const { oldest, latest } = this;
    const window = { latestLedger: latest, oldestLedger: oldest };
    if (method === 'getNetwork') return { result: { passphrase: this.network, protocolVersion: 23 } };
    if (method === 'getHealth')
      return { result: { status: 'healthy', ...window, ledgerRetentionWindow: latest - oldest + 1 } };
    if (method !== 'getLedgers') return { error: { code: -32601, message: 'method not found' } };
    const { startLedger, pagination } = params;
    const start = pagination?.cursor === undefined ? Number(startLedger) : Number(pagination.cursor) + 1;
    if (pagination?.cursor === undefined && (start < oldest || start > latest))
      return {
        error: {
          code: -32600,
          message: `start ledger (${start}) must be between the oldest ledger: ${oldest} and the latest ledger: ${latest} for this rpc instance`,
        },
      };
    const ledgers: NodeLedger[] = [];
    for (let at = start; at <= latest && ledgers.length < (pagination?.limit ?? 50); at++) {
      const ledger = this.bySequence.get(at);
      if (ledger !== undefined) ledgers.push(ledger);
    }
    return { result: { ledgers, ...window, cursor: String(ledgers.at(-1)?.sequence ?? start) } };
  }
}

function isError(fault: NodeFault | undefined): fault is Extract<NodeFault, { error: unknown }> {
  return typeof fault === 'object' && 'error' in fault;
}

/** The ledgers of a lake in the form of a node. */
export async function ledgersOf(lake: string): Promise<NodeLedger[]> {
  const names = readdirSync(lake, { recursive: true }).map(String);
  const ledgers: NodeLedger[] = [];
  for (const name of names.filter((each) => /\.xdr\.zstd?$/.test(each))) {
    const bytes = await decompress(readFileSync(path.join(lake, name)));
    const { start, end, offset } = readBatchHeader(bytes, name);
    for (let at = offset, sequence = start; sequence <= end; sequence++) {
      const { meta } = readLedger(bytes, at, name);
      const { ledgerHeader } = meta.value;
      const { header } = ledgerHeader;
      const closeTime = header.scpValue.closeTime;
      // LedgerHeaderHistoryEntry: hash, header, and an extension that is not used.
      const entry = Buffer.concat([
        ledgerHeader.hash,
        bytes.subarray(header.xdrStart, header.xdrEnd),
        Buffer.alloc(4),
      ]);
      ledgers.push({
        hash: hex(ledgerHeader.hash),
        sequence,
        ledgerCloseTime: String(closeTime),
        headerXdr: entry.toString('base64'),
        metadataXdr: bytes.subarray(meta.xdrStart, meta.xdrEnd).toString('base64'),
      });
      at = meta.xdrEnd;
    }
  }
  return ledgers.sort((a, b) => a.sequence - b.sequence);
}

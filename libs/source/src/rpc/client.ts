import { ParquetryError } from '@parquetry/core';
import { type Fault, type RetryPolicy, limited, retrying } from '@parquetry/storage';
import { observed } from '@parquetry/system';
import { BadAnswer, httpFault, readBody, sendFor200 } from '../http';

/** Limits of requests to a node. */
export interface RpcOptions {
  readonly retry: RetryPolicy;
  /** Time without a byte after which a request fails, milliseconds. */
  readonly idleMs: number;
  /** Maximum duration of a request, milliseconds. */
  readonly requestMs: number;
  /** Maximum size of an answer, bytes after decompression. */
  readonly maxAnswer: number;
}

/** Retries for about a minute; after that, the step itself is retried. */
const RPC_OPTIONS: RpcOptions = {
  retry: { attempts: 8, backoffMs: 500 },
  idleMs: 30_000,
  requestMs: 300_000,
  maxAnswer: 128 << 20,
};

/** The node rejected a call with a JSON-RPC error. */
export class RpcRefusal extends Error {
  constructor(
    readonly method: string,
    readonly code: number,
  ) {
    super(`${method}: ${code}`);
  }
}

/** A failure that the caller has already classified. */
export class RpcFault extends Error {
  constructor(readonly fault: Fault) {
    super(fault.error.message);
  }
}

const INTERNAL = -32603;

/** The result of a call. */
interface RpcAnswer {
  readonly result: Readonly<Record<string, unknown>>;
  /** Size of the answer. */
  readonly bytes: number;
}

/** JSON-RPC 2.0 over HTTP. */
export class RpcClient {
  readonly uri: string;
  private calls = 0;

  constructor(
    private readonly url: URL,
    readonly options: RpcOptions = RPC_OPTIONS,
  ) {
    this.uri = `rpc:${url.href}`;
  }

  /**
   * Calls a method, with retries, and passes the result to `read`. `read` can request another attempt by throwing
   * `BadAnswer` or `RpcFault`.
   * @throws ParquetryError SOURCE_UNREACHABLE, SOURCE_CORRUPT, SOURCE_INVALID, PERMISSION_DENIED, CANCELLED
   */
  async call<T>(
    method: string,
    params: object | undefined,
    read: (result: Readonly<Record<string, unknown>>, bytes: number) => T,
    signal?: AbortSignal,
  ): Promise<T> {
    return this.retrying(async () => {
      const { result, bytes } = await this.once(method, params, signal);
      return read(result, bytes);
    }, signal);
  }

  /** Retries until the request succeeds, fails permanently or runs out of attempts. */
  retrying<T>(request: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return retrying(this.options.retry, request, (error) => this.fault(error), signal);
  }

  /** One request. @throws RpcRefusal, TooLarge, BadAnswer, HttpStatus, network errors */
  once(method: string, params: object | undefined, signal?: AbortSignal): Promise<RpcAnswer> {
    return observed(
      { kind: 'source', name: method, facts: { server: this.url.host } },
      () => this.send(method, params, signal),
      ({ bytes }) => ({ size: bytes }),
      (error) => this.fault(error).error,
    );
  }

  private async send(
    method: string,
    params: object | undefined,
    signal: AbortSignal | undefined,
  ): Promise<RpcAnswer> {
    const { url, options } = this;
    const id = ++this.calls;
    const json = JSON.stringify({ jsonrpc: '2.0', id, method, ...(params === undefined ? {} : { params }) });
    const body = await limited(options.requestMs, signal, async (stop) => {
      const request = { url, json, accept: 'application/json', encodings: 'gzip', signal: stop };
      const answer = await sendFor200({ ...request, idleMs: options.idleMs });
      return readBody(answer.body, options.maxAnswer);
    });
    return { result: resultOf(body, id, method), bytes: body.length };
  }

  private fault(error: unknown): Fault {
    if (error instanceof RpcFault) return error.fault;
    if (!(error instanceof RpcRefusal)) return httpFault(error, this.uri);
    const { method, code } = error;
    const details = { source: this.uri, method, code };
    if (code === INTERNAL)
      return {
        error: new ParquetryError('SOURCE_UNREACHABLE', `${this.uri} failed to answer ${method} (${code}).`, {
          details,
        }),
        again: true,
      };
    const refused = new ParquetryError('SOURCE_INVALID', `${this.uri} rejected ${method} (${code}).`, {
      details,
      hint: 'Check that the address belongs to a Stellar RPC node.',
    });
    return { error: refused, again: false };
  }
}

function resultOf(body: Buffer, id: number, method: string): Readonly<Record<string, unknown>> {
  let answer: unknown;
  try {
    answer = JSON.parse(body.toString('utf8'));
  } catch {
    throw new BadAnswer(`${body.length} bytes that are not JSON for ${method}`);
  }
  if (!isObject(answer) || answer['jsonrpc'] !== '2.0')
    throw new BadAnswer(`JSON that is not JSON-RPC for ${method}`);
  const { error, result } = answer;
  if (isObject(error)) {
    const code = error['code'];
    throw new RpcRefusal(method, typeof code === 'number' ? code : INTERNAL);
  }
  if (answer['id'] !== id || !isObject(result))
    throw new BadAnswer(`JSON-RPC without a result for ${method}`);
  return result;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

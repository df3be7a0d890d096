import { type Answer, hiddenText, networkCode, plain } from '../remote/fault';

/** The parts of an SDK error that are read. */
interface SdkError {
  readonly code?: unknown;
  readonly status?: unknown;
  readonly errors?: readonly { readonly reason?: unknown }[];
  readonly response?: {
    readonly status?: unknown;
    readonly statusCode?: unknown;
    readonly headers?: unknown;
    readonly data?: { readonly error?: unknown };
  };
}

/** An HTTP response to a request to an upload session, whose address is secret. */
export class SessionError extends Error {
  constructor(
    readonly status: number,
    readonly retryAfter: string | undefined,
  ) {
    super(`the upload session returned ${status}`);
  }
}

/** The facts of an SDK error, without its text. */
export function gcsAnswer(error: unknown): Answer {
  if (error instanceof SessionError)
    return { ...NOTHING, status: error.status, reason: 'UploadSession', retryAfter: error.retryAfter };
  const { code, status, errors, response } = (error ?? {}) as SdkError;
  const known = [code, status, response?.statusCode, response?.status]
    .map(httpStatus)
    .find((n) => n !== undefined);
  return {
    ...NOTHING,
    status: known,
    reason: reason(error, errors?.[0]?.reason, response?.data?.error),
    retryAfter: header(response?.headers, 'retry-after'),
    requestId: plain(header(response?.headers, 'x-guploader-uploadid'), undefined)?.slice(0, 32),
  };
}

/** The HTTP status of an SDK error; undefined without a response. */
export function gcsStatus(error: unknown): number | undefined {
  return gcsAnswer(error).status;
}

const NOTHING = { status: undefined, retryAfter: undefined, requestId: undefined, region: undefined };

function httpStatus(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && number >= 100 && number <= 599 ? number : undefined;
}

function header(headers: unknown, name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  const value = (headers as Record<string, unknown> | undefined)?.[name];
  return typeof value === 'string' ? value : undefined;
}

function reason(error: unknown, said: unknown, oauth: unknown): string {
  if (oauth === 'invalid_grant' || oauth === 'invalid_client') return 'invalid_grant';
  const message = hiddenText(error);
  if (/could not load the default credentials|private_key|client_email|credential/i.test(message))
    return 'NoCredentials';
  const network = networkCode(error);
  if (network === 'ENOENT' || network === 'ERR_OSSL_UNSUPPORTED') return 'NoCredentials';
  return plain(said, undefined) ?? network ?? plain((error as { name?: unknown } | null)?.name, 'Unknown');
}

import { type Answer, hiddenText, networkCode, plain } from '../remote/fault';

/** The parts of an SDK error that are read. */
interface SdkError {
  readonly name?: unknown;
  readonly Code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  readonly $response?: { readonly statusCode?: number; readonly headers?: Record<string, string> };
}

/** The facts of an SDK error, without its text. */
export function s3Answer(error: unknown): Answer {
  const { name, Code, $metadata, $response } = (error ?? {}) as SdkError;
  const status = $metadata?.httpStatusCode ?? $response?.statusCode;
  const headers = $response?.headers ?? {};
  const region = plain(headers['x-amz-bucket-region'], undefined);
  return {
    status,
    reason: reason(error, name, Code),
    retryAfter: headers['retry-after'],
    requestId: plain($metadata?.requestId, undefined),
    region: status === 301 || status === 400 ? region : undefined,
  };
}

/** The HTTP status of an SDK error; undefined without a response. */
export function s3Status(error: unknown): number | undefined {
  return s3Answer(error).status;
}

function reason(error: unknown, name: unknown, code: unknown): string {
  const message = hiddenText(error);
  if (message === 'Region is missing') return 'Redirect';
  if (
    /credential/i.test(String(name)) ||
    /could not load credentials|resolved credential object/i.test(message)
  )
    return 'CredentialsProviderError';
  const named = plain(code, undefined) ?? plain(name, 'Unknown');
  return named === 'Error' || named === 'TypeError' || named === 'Unknown'
    ? (networkCode(error) ?? named)
    : named;
}

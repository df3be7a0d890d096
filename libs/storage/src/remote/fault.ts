import { isParquetryError, ParquetryError, systemErrorCode } from '@parquetry/core';

/** Classification of a failed request: final or retryable. */
export interface Fault {
  readonly error: ParquetryError;
  readonly again: boolean;
  /** The server's Retry-After, milliseconds. */
  readonly retryAfterMs?: number;
}

/** A service's response to a failed request, reduced to parts that can't contain a secret. */
export interface Answer {
  /** HTTP status; undefined without a response. */
  readonly status: number | undefined;
  /** Error name or code from the service or the network. */
  readonly reason: string;
  readonly retryAfter: string | undefined;
  readonly requestId: string | undefined;
  /** The region of the bucket, when the service returned it. */
  readonly region: string | undefined;
}

/** Where the failure was. */
export interface Place {
  readonly action: string;
  /** Full URI of the object or the root. */
  readonly uri: string;
  readonly bucket: string;
}

/** No response within the time limit. */
export class NoAnswer extends Error {
  readonly code = 'ETIMEDOUT';
  constructor(milliseconds: number) {
    super(`no response within ${milliseconds} ms`);
  }
}

/** The object was replaced while it was read in several requests. */
export class ObjectChanged extends Error {}

/** The upload no longer exists: it was completed, aborted or expired. */
export class UploadLost extends Error {
  readonly code = 'UPLOAD_LOST';
}

const TRANSIENT_400 =
  /^(RequestTimeout|BadDigest|IncompleteBody|XAmzContent(SHA256|Checksum)Mismatch|InvalidPart.*)$/;
const THROTTLED = /throttl|slowdown|toomanyrequests|requestlimitexceeded|ratelimit/i;
const CREDENTIALS =
  /^(InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken|TokenRefreshRequired|UnrecognizedClientException|InvalidClientTokenId|CredentialsProviderError|NoCredentials|invalid_grant|AuthenticationFailed)$/;
/** Whether the service did not accept the credentials themselves: missing, wrong or expired. */
export function refusesCredentials({ reason, status }: Answer): boolean {
  return CREDENTIALS.test(reason) || status === 401;
}

const REGION =
  /^(PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException|TemporaryRedirect|Redirect|IncorrectEndpoint)$/;
const CERTIFICATE = /^(CERT_|ERR_TLS|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED|UNABLE_TO_(VERIFY|GET))/;

/**
 * The code of a network failure, searched through the causes; undefined when there is none. Node's errors may come from
 * another realm, so `instanceof` is not used.
 */
export function networkCode(error: unknown): string | undefined {
  let at = error;
  for (let depth = 0; typeof at === 'object' && at !== null && depth < 5; depth++) {
    const code = systemErrorCode(at);
    if (code !== undefined && /^[A-Z][A-Z0-9_]+$/.test(code)) return code;
    at = 'cause' in at ? at.cause : undefined;
  }
  return undefined;
}

/** The text of an error, only for matching; it is never shown. */
export function hiddenText(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('message' in error)) return '';
  return typeof error.message === 'string' ? error.message : '';
}

/** A name that is safe to show: short, with only letters, digits, `_`, `.` and `-`. Otherwise `fallback`. */
export function plain<T>(text: unknown, fallback: T): string | T {
  return typeof text === 'string' && /^[\w.-]{1,64}$/.test(text) ? text : fallback;
}

/** Converts a failed request to a coded error. The service's text is omitted: it may quote the request. */
export function remoteFault(error: unknown, answer: Answer, place: Place): Fault {
  if (isParquetryError(error)) return { error, again: false };
  if (error instanceof UploadLost)
    return {
      error: new ParquetryError(
        'STORAGE_UNREACHABLE',
        `The upload of ${place.uri} no longer exists on the server.`,
        {
          cause: error,
        },
      ),
      again: true,
    };
  const { status, reason } = answer;
  const { action, uri, bucket } = place;
  const shown = [status === undefined ? undefined : String(status), reason].filter(Boolean).join(' ');
  const make = (code: ParquetryError['code'], why: string, hint?: string): ParquetryError =>
    new ParquetryError(code, `Can't ${action} ${uri}: ${why} (${shown}).`, {
      details: { uri, status: status ?? null, reason, requestId: answer.requestId ?? null },
      ...(hint === undefined ? {} : { hint }),
    });
  const final = (code: ParquetryError['code'], why: string, hint: string): Fault => ({
    error: make(code, why, hint),
    again: false,
  });

  if (reason === 'NoSuchBucket')
    return final(
      'STORAGE_NOT_FOUND',
      `there is no bucket ${bucket}`,
      'Check the name, the account and the endpoint; buckets are never created here.',
    );
  if (REGION.test(reason) || answer.region !== undefined || status === 301 || status === 307)
    return final(
      'CONFIG_INVALID',
      `the bucket ${bucket} is in another region${answer.region === undefined ? '' : `, ${answer.region}`}`,
      `Set AWS_REGION${answer.region === undefined ? " to the bucket's region" : `=${answer.region}`}, or check the endpoint.`,
    );
  if (reason === 'RequestTimeTooSkewed')
    return final(
      'PERMISSION_DENIED',
      "this machine's clock is wrong",
      'Set the clock; signed requests contain the time.',
    );
  if (refusesCredentials(answer))
    return final(
      'PERMISSION_DENIED',
      'the credentials are missing, wrong or expired',
      'Check the credentials of this process (AWS_ACCESS_KEY_ID, AWS_PROFILE, the role; GOOGLE_APPLICATION_CREDENTIALS, gcloud auth application-default login).',
    );
  if (THROTTLED.test(reason) || status === 429 || status === 408 || TRANSIENT_400.test(reason))
    return again(
      make('STORAGE_UNREACHABLE', 'the service is throttling requests or lost the request', SLOW),
      answer,
    );
  if (status === 403)
    return final(
      'PERMISSION_DENIED',
      'the service denied access',
      "Check the credentials, their policy and the bucket's policy against docs/storage.md. Without list permission a store also denies access to objects that do not exist.",
    );
  if (status === 507 || /^(QuotaExceeded|XMinioStorageFull|InsufficientStorage)$/.test(reason))
    return final('STORAGE_FULL', 'the store is full', 'Free space or raise the quota.');
  if (status === 501)
    return final(
      'CONFIG_INVALID',
      'the server does not support this operation',
      'The server must support conditional writes (If-None-Match: *). For a server that refuses checksum headers set PARQUETRY_S3_CHECKSUM=none.',
    );
  if (CERTIFICATE.test(reason))
    return final(
      'CONFIG_INVALID',
      "the server's certificate is not trusted",
      'Set NODE_EXTRA_CA_CERTS to its certificate authority, or check the endpoint.',
    );
  // Failed conditions are handled earlier; here a concurrent write interfered.
  if (status !== undefined && status >= 400 && status < 500 && status !== 409 && status !== 412)
    return final(
      'STORAGE_REFUSED',
      'the service rejected the request',
      'Check the storage settings (docs/storage.md): storage class, encryption, endpoint.',
    );
  return again(
    make('STORAGE_UNREACHABLE', status === undefined ? 'no response' : 'the service failed', REACH),
    answer,
  );
}

const SLOW = 'Lower the concurrency, or try again later.';
const REACH = 'Check the network and the endpoint, then run it again; no partial object is visible.';

function again(error: ParquetryError, answer: Answer): Fault {
  const retryAfterMs = readRetryAfter(answer.retryAfter);
  return { error, again: true, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

/** `Retry-After` as seconds or an HTTP date, in milliseconds from now. */
export function readRetryAfter(text: string | undefined, now = Date.now()): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{1,6}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(ms) && ms >= 0 ? ms : undefined;
}

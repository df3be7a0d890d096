import { isParquetryError, ParquetryError, systemErrorCode } from '@parquetry/core';

/** What a failed request means: final, or worth another try. */
export interface Fault {
  readonly error: ParquetryError;
  readonly again: boolean;
  /** The server's wish, milliseconds. */
  readonly retryAfterMs?: number;
}

/** What a service said of a failed request, reduced to parts that can't hold a secret. */
export interface Answer {
  /** HTTP status, undefined when no answer came. */
  readonly status: number | undefined;
  /** The service's or the network's name for the failure. */
  readonly reason: string;
  readonly retryAfter: string | undefined;
  readonly requestId: string | undefined;
  /** The region a bucket is in, when the service told. */
  readonly region: string | undefined;
}

/** Where the failure was. */
export interface Place {
  readonly action: string;
  /** Full URI of the object or the root. */
  readonly uri: string;
  readonly bucket: string;
}

/** No answer within the time limit. */
export class NoAnswer extends Error {
  readonly code = 'ETIMEDOUT';
  constructor(milliseconds: number) {
    super(`no answer within ${milliseconds} ms`);
  }
}

/** The object was replaced while it was read in several requests. */
export class ObjectChanged extends Error {}

/** The upload is not there any more: finished already, aborted by somebody, or expired. */
export class UploadLost extends Error {
  readonly code = 'UPLOAD_LOST';
}

const TRANSIENT_400 =
  /^(RequestTimeout|BadDigest|IncompleteBody|XAmzContent(SHA256|Checksum)Mismatch|InvalidPart.*)$/;
const THROTTLED = /throttl|slowdown|toomanyrequests|requestlimitexceeded|ratelimit/i;
const CREDENTIALS =
  /^(InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken|TokenRefreshRequired|UnrecognizedClientException|InvalidClientTokenId|CredentialsProviderError|NoCredentials|invalid_grant|AuthenticationFailed)$/;
const REGION =
  /^(PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException|TemporaryRedirect|Redirect|IncorrectEndpoint)$/;
const CERTIFICATE = /^(CERT_|ERR_TLS|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED|UNABLE_TO_(VERIFY|GET))/;

/**
 * The code of a network failure, looked for through the causes; undefined when there is none. Errors of Node itself may
 * come from another realm, so their class is not asked for.
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

/** The text of an error, to be matched, never to be shown. */
export function hiddenText(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('message' in error)) return '';
  return typeof error.message === 'string' ? error.message : '';
}

/** A name that may be shown: short, letters, digits, `_`, `.` and `-` only. Anything else becomes `fallback`. */
export function plain<T>(text: unknown, fallback: T): string | T {
  return typeof text === 'string' && /^[\w.-]{1,64}$/.test(text) ? text : fallback;
}

/** Turns a failed request into a coded error. The service's own text is left out: it may quote what was sent. */
export function remoteFault(error: unknown, answer: Answer, place: Place): Fault {
  if (isParquetryError(error)) return { error, again: false };
  if (error instanceof UploadLost)
    return {
      error: new ParquetryError(
        'STORAGE_UNREACHABLE',
        `The upload of ${place.uri} is gone from the server.`,
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
      'Check the name, the account and the endpoint; buckets are never made here.',
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
      'Set the clock; signed requests hold the time.',
    );
  if (CREDENTIALS.test(reason) || status === 401)
    return final(
      'PERMISSION_DENIED',
      'the credentials are missing, wrong or expired',
      'Check the credentials of this process (AWS_ACCESS_KEY_ID, AWS_PROFILE, the role; GOOGLE_APPLICATION_CREDENTIALS, gcloud auth application-default login).',
    );
  if (THROTTLED.test(reason) || status === 429 || status === 408 || TRANSIENT_400.test(reason))
    return again(
      make('STORAGE_UNREACHABLE', 'the service asks to slow down or lost the request', SLOW),
      answer,
    );
  if (status === 403)
    return final(
      'PERMISSION_DENIED',
      'the service refuses it',
      'Check the credentials, and their policy and the one of the bucket against docs/storage.md; a store answers so too for objects that are not there when listing is not allowed.',
    );
  if (status === 507 || /^(QuotaExceeded|XMinioStorageFull|InsufficientStorage)$/.test(reason))
    return final('STORAGE_FULL', 'the store is full', 'Free space or raise the quota.');
  if (status === 501)
    return final(
      'CONFIG_INVALID',
      'the server does not know this operation',
      'The server must know conditional writes (If-None-Match: *). For one that refuses checksum headers set PARQUETRY_S3_CHECKSUM=none.',
    );
  if (CERTIFICATE.test(reason))
    return final(
      'CONFIG_INVALID',
      "the server's certificate is not trusted",
      'Set NODE_EXTRA_CA_CERTS to its authority, or check the endpoint.',
    );
  // Refused conditions are settled before; here a write of somebody else was in the way.
  if (status !== undefined && status >= 400 && status < 500 && status !== 409 && status !== 412)
    return final(
      'STORAGE_REFUSED',
      'the service refuses the request',
      'Check the storage settings (docs/storage.md): storage class, encryption, endpoint.',
    );
  return again(
    make('STORAGE_UNREACHABLE', status === undefined ? 'no answer' : 'the service failed', REACH),
    answer,
  );
}

const SLOW = 'Lower the concurrency, or try again later.';
const REACH = 'Check the network and the endpoint, then run it again; nothing half-written is visible.';

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

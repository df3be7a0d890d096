import { ParquetryError } from '@parquetry/core';

/**
 * Connection options of a store. Missing ones are read from the environment (docs/storage.md), then from the defaults.
 */
export interface StoreOptions {
  /** Address of an S3 server that is not AWS, or of a GCS emulator. Must not contain a user or password. */
  readonly endpoint?: string;
  readonly region?: string;
  /** Bucket in the path instead of the host name; the default with a custom endpoint. */
  readonly pathStyle?: boolean;
  /** Sends no credentials: for public lakes. */
  readonly anonymous?: boolean;
  readonly serverSideEncryption?: string;
  readonly kmsKeyId?: string;
  /** The customer's own key (SSE-C), 32 bytes as base64; the service does not keep it. Replaces the other encryption. */
  readonly customerKey?: string;
  readonly storageClass?: string;
  /** `none` for servers that refuse the sha256 checksum header. Requests are signed with their sha256 in both cases. */
  readonly checksum?: 'sha256' | 'none';
  /** `walk` for servers that don't list keys in byte order; `auto` detects SeaweedFS and S3 Express. */
  readonly listing?: 'auto' | 'flat' | 'walk';
  /**
   * Whether large files are uploaded in parts. `auto` does so unless the server is known not to enforce the condition:
   * SeaweedFS does not check `If-None-Match` and complete a multipart upload atomically, and fake-gcs-server (any GCS
   * emulator) ignores preconditions of sessions. Such a server gets each file in one request.
   */
  readonly parts?: 'auto' | 'always' | 'never';
  /** Part size in bytes; larger for files that would need more than 10,000 parts. */
  readonly partBytes?: number;
  /** Most parts of one upload in memory. */
  readonly partsInFlight?: number;
  /** Attempts per request. */
  readonly attempts?: number;
  /** A request without progress for this long is retried, milliseconds. */
  readonly timeoutMs?: number;
  /** First pause between attempts, milliseconds; doubles each time, with jitter. */
  readonly backoffMs?: number;
}

/** The settings of a store, complete. Credentials are not included: the SDKs resolve them. */
export interface RemoteSettings {
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  readonly pathStyle: boolean;
  readonly anonymous: boolean;
  readonly serverSideEncryption: string | undefined;
  readonly kmsKeyId: string | undefined;
  /** Secret. */
  readonly customerKey: string | undefined;
  readonly storageClass: string | undefined;
  readonly checksum: 'sha256' | 'none';
  readonly listing: 'auto' | 'flat' | 'walk';
  readonly parts: 'auto' | 'always' | 'never';
  readonly partBytes: number;
  readonly partsInFlight: number;
  readonly attempts: number;
  readonly timeoutMs: number;
  readonly backoffMs: number;
}

const MIB = 1 << 20;
/** S3's minimum part size, except for the last part; GCS chunks are multiples of 256 KiB. */
const MIN_PART_BYTES = 5 * MIB;

const MAX_PARTS = 10_000;
const CUSTOMER_KEYS = 'PARQUETRY_S3_SSE_C_KEYS';

/** Part size in bytes for an S3 upload of `size` bytes. */
export function partBytesOf(size: number, settings: Pick<RemoteSettings, 'partBytes'>): number {
  return Math.max(settings.partBytes, Math.ceil(size / MAX_PARTS));
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Settings of one bucket from options, the environment and defaults.
 * @throws ParquetryError CONFIG_INVALID; the message names the variable, never its value
 */
export function remoteSettings(
  scheme: 's3' | 'gs',
  bucket: string,
  options: StoreOptions,
  env: Environment = process.env,
): RemoteSettings {
  const s3 = scheme === 's3';
  const first = (...names: string[]): string | undefined =>
    names.map((name) => env[name]).find((value) => value !== undefined && value !== '');
  const endpoint = checkedEndpoint(
    options.endpoint ??
      (s3
        ? first('AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL')
        : first('STORAGE_EMULATOR_HOST')?.replace(/^(?!\w+:\/\/)/, 'http://')),
  );
  const name = (rest: string): string => `PARQUETRY_${s3 ? 'S3' : 'GCS'}_${rest}`;
  return {
    endpoint,
    region: options.region ?? first('AWS_REGION', 'AWS_DEFAULT_REGION'),
    pathStyle: options.pathStyle ?? flag(env, name('PATH_STYLE')) ?? endpoint !== undefined,
    anonymous: options.anonymous ?? anonymous(env, name('ANONYMOUS'), bucket),
    serverSideEncryption: options.serverSideEncryption ?? first(name('SSE')),
    kmsKeyId: options.kmsKeyId ?? first(name('SSE_KMS_KEY_ID')),
    customerKey: s3
      ? customerKey(options.customerKey ?? keyOf(bucket, env[CUSTOMER_KEYS]), endpoint)
      : undefined,
    storageClass: options.storageClass ?? first(name('STORAGE_CLASS')),
    checksum: options.checksum ?? oneOf(env, name('CHECKSUM'), ['sha256', 'none']) ?? 'sha256',
    listing: options.listing ?? oneOf(env, name('LISTING'), ['auto', 'flat', 'walk']) ?? 'auto',
    parts: options.parts ?? oneOf(env, name('PARTS'), ['auto', 'always', 'never']) ?? 'auto',
    partBytes:
      options.partBytes ?? whole(env, 'PARQUETRY_STORAGE_PART_BYTES', MIN_PART_BYTES, 1 << 30) ?? 8 * MIB,
    partsInFlight: options.partsInFlight ?? whole(env, 'PARQUETRY_STORAGE_PARTS', 1, 64) ?? 3,
    attempts: options.attempts ?? whole(env, 'PARQUETRY_STORAGE_ATTEMPTS', 1, 100) ?? 6,
    timeoutMs: options.timeoutMs ?? (whole(env, 'PARQUETRY_STORAGE_TIMEOUT', 1, 3600) ?? 60) * 1000,
    backoffMs: options.backoffMs ?? 250,
  };
}

/** `true` for every bucket, or the names of the buckets, separated by commas. */
function anonymous(env: Environment, name: string, bucket: string): boolean {
  const value = env[name];
  if (value === undefined || ['', '0', 'false'].includes(value)) return false;
  return ['1', 'true'].includes(value) || value.split(',').some((item) => item.trim() === bucket);
}

/** The key of a bucket in a list `BUCKET:KEY,BUCKET:KEY`. */
function keyOf(bucket: string, list = ''): string | undefined {
  const entries = list.split(/[\s,]+/).filter((entry) => entry !== '');
  const pairs = entries.map((entry) => /^([^:]+):(.*)$/.exec(entry) ?? ['', '', '']);
  const keys = new Map(pairs.map(([, name = '', key = '']) => [name, key]));
  if (keys.size < entries.length || [...keys.values()].some((key) => !isKey(key)))
    throw invalid(CUSTOMER_KEYS, 'must be BUCKET:KEY, each bucket once, with keys of 32 bytes in base64');
  return keys.get(bucket);
}

/** The key goes with every request, so an unencrypted connection must not leave this machine. */
function customerKey(key: string | undefined, endpoint: string | undefined): string | undefined {
  if (key === undefined) return undefined;
  if (!isKey(key)) throw invalid('the customer key', 'must be 32 bytes in base64');
  if (endpoint !== undefined && !/^(https:|http:\/\/(localhost|127\.[\d.]+|\[::1\])([:/]|$))/.test(endpoint))
    throw invalid(CUSTOMER_KEYS, 'needs an https endpoint');
  return key;
}

function isKey(text: string): boolean {
  return /^[A-Za-z0-9+/]{43}=$/.test(text);
}

function flag(env: Environment, name: string): boolean | undefined {
  const value = oneOf(env, name, ['1', 'true', '0', 'false']);
  return value === undefined ? undefined : value === '1' || value === 'true';
}

function oneOf<T extends string>(env: Environment, name: string, values: readonly T[]): T | undefined {
  const value = env[name];
  if (value === undefined || value === '') return undefined;
  const found = values.find((item) => item === value);
  if (found === undefined) throw invalid(name, `must be one of ${values.join(', ')}`);
  return found;
}

function whole(env: Environment, name: string, min: number, max: number): number | undefined {
  const value = env[name];
  if (value === undefined || value === '') return undefined;
  const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= min && number <= max)) throw invalid(name, `must be a whole number from ${min} to ${max}`);
  return number;
}

function checkedEndpoint(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw invalid('the endpoint', 'must be an address such as https://storage.example.org');
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw invalid('the endpoint', 'must not contain a user, a password or a query');
  return text.replace(/\/+$/, '');
}

function invalid(name: string, why: string): ParquetryError {
  return new ParquetryError('CONFIG_INVALID', `Storage settings: ${name} ${why}.`, {
    details: { setting: name },
    hint: 'docs/storage.md lists the settings.',
  });
}

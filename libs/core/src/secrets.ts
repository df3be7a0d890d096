/** Environment variables of Parquetry and of its libraries whose values are secrets. */
export const SECRET_VARIABLES: readonly string[] = [
  'PARQUETRY_HTTP_HEADERS',
  'PARQUETRY_UI_TOKEN',
  'PARQUETRY_SIGNING_KEY',
  'PARQUETRY_CODEC_KEYS',
  'PARQUETRY_S3_SSE_C_KEYS',
  'TEMPORAL_API_KEY',
  'TEMPORAL_TLS_CLIENT_KEY_DATA',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  'ICEBERG_CATALOG_TOKEN',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
];

/** The start of the names of variables with gRPC metadata for Temporal, such as TEMPORAL_GRPC_META_AUTHORIZATION. */
const METADATA = 'TEMPORAL_GRPC_META_';

/** Whether the value of an environment variable is a secret. */
export function isSecretVariable(name: string): boolean {
  return SECRET_VARIABLES.includes(name) || name.startsWith(METADATA);
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Shorter values are words that texts contain by chance, such as the access key of a test server. */
const SHORTEST = 12;

/** Secrets that were read from files. */
const fromFiles = new Set<string>();

/** Makes a value of a file, or its content, a secret that is hidden in texts from now on, whole and in parts. */
export function addSecret(content: string): void {
  for (const part of partsOf(content.trim())) fromFiles.add(part);
}

/**
 * Replaces the values of all secret variables, and the secrets that were read from files, with `***`. For texts that other programs wrote: a server may echo a
 * header, a processor may print its environment. A value of several parts, such as JSON or a list of keys, is found
 * whole and in parts.
 */
export function withoutSecrets(text: string, env: Environment): string {
  return hideSecrets(env)(text);
}

/** The same for many texts: the secrets are read from the environment once. */
export function hideSecrets(env: Environment): (text: string) => string {
  const secrets = secretsOf(env);
  return (text) =>
    longestFirst([...secrets, ...fromFiles]).reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
}

/** A part must never leave the rest of a whole. */
function longestFirst(secrets: readonly string[]): string[] {
  return [...secrets].sort((a, b) => b.length - a.length);
}

/** The values to hide. */
function secretsOf(env: Environment): Set<string> {
  const found = new Set<string>();
  for (const name of Object.keys(env).filter(isSecretVariable)) {
    const value = env[name]?.trim() ?? '';
    // The identifier of a test server's key may be any word; those of AWS have this form.
    if (name === 'AWS_ACCESS_KEY_ID' && !/^[A-Z0-9]{16,}$/.test(value)) continue;
    for (const part of partsOf(value)) found.add(part);
  }
  return found;
}

/** A value and its parts, without those that are too short. */
function partsOf(value: string): string[] {
  const parts = value.startsWith('{') ? textsOf(value) : wordsOf(value);
  return [value, ...parts, ...parts.flatMap(decodedOf)].filter((part) => part.length >= SHORTEST);
}

/** The decoded text of a percent-encoded value, and its words: OpenTelemetry sends `Basic%20abc` as `Basic abc`. */
function decodedOf(part: string): string[] {
  try {
    const decoded = decodeURIComponent(part);
    return decoded === part ? [] : [decoded, ...decoded.split(/\s+/)];
  } catch {
    return [];
  }
}

/** Lines of a key, and the values of a list `id:key,id:key` or `name=value,name=value`. */
function wordsOf(value: string): string[] {
  return value.split(/[\s,]+/).map((word) => word.replace(/^[\w.-]+[:=]/, ''));
}

/** The strings of JSON, without its keys, and the words in them. */
function textsOf(json: string): string[] {
  const found: string[] = [];
  try {
    JSON.parse(json, (_, value: unknown) => {
      if (typeof value === 'string') found.push(value, ...value.split(/[\s/]+/));
      return value;
    });
  } catch {
    // Headers that are not JSON are never sent.
  }
  return found;
}

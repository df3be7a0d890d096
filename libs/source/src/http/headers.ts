import { ParquetryError } from '@parquetry/core';

/** The environment variable with the headers for RPC nodes and processors. */
export const HEADERS_VARIABLE = 'PARQUETRY_HTTP_HEADERS';

/**
 * The headers for a server from the worker's environment: a JSON object of origins with their headers,
 * `{"https://rpc.example": {"Authorization": "Bearer …"}}`. Headers are set per origin, because any user who starts a
 * run chooses the address of a source: no other server must receive them.
 * @throws ParquetryError CONFIG_INVALID; it does not quote the variable
 */
export function headersFor(url: URL, text = process.env[HEADERS_VARIABLE]): Readonly<Record<string, string>> {
  if (text === undefined || text.trim() === '') return {};
  return parseHeaders(text).get(url.origin) ?? {};
}

/** Replaces the values of all configured headers, and the words in them, with `***`. */
export function withoutSecrets(shown: string, text = process.env[HEADERS_VARIABLE]): string {
  if (text === undefined || text.trim() === '') return shown;
  const values = [...parseHeaders(text).values()].flatMap((headers) => Object.values(headers));
  const secrets = values.flatMap((value) => [
    value,
    ...value.split(/\s+/).filter((word) => word.length >= 8),
  ]);
  return secrets.reduce(
    (result, secret) => (secret === '' ? result : result.replaceAll(secret, '***')),
    shown,
  );
}

function parseHeaders(text: string): ReadonlyMap<string, Readonly<Record<string, string>>> {
  const fail = (why: string): never => {
    throw new ParquetryError('CONFIG_INVALID', `${HEADERS_VARIABLE} ${why}.`, {
      hint: 'Write {"https://host": {"Header-Name": "value"}}.',
    });
  };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return fail('is not JSON');
  }
  if (!isObject(parsed)) return fail('is not a JSON object');
  const found = new Map<string, Record<string, string>>();
  for (const [server, headers] of Object.entries(parsed)) {
    if (!URL.canParse(server) || !/^https?:/.test(server))
      return fail('has a key that is not an http(s) origin');
    if (!isObject(headers)) return fail('has an origin whose headers are not an object');
    for (const [name, value] of Object.entries(headers))
      if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || typeof value !== 'string' || !/^[\t\x20-\x7e]*$/.test(value))
        return fail('has a header that HTTP does not allow');
    const { origin } = new URL(server);
    found.set(origin, { ...found.get(origin), ...(headers as Record<string, string>) });
  }
  return found;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

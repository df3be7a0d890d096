import { ParquetryError } from '@parquetry/core';

/** The environment variable with the headers for RPC nodes and processors. */
export const HEADERS_VARIABLE = 'PARQUETRY_HTTP_HEADERS';

/** The name of the start of every request's path, among the headers of a server. */
export const PATH = ':path';

const NAME = /^(:path|[\w!#$%&'*+.^`|~-]+)$/;
const HEADER_VALUE = /^[\t\x20-\x7e]*$/;
const PATH_VALUE = /^(\/[\w.~%+=-]+)+\/?$/;

/**
 * The headers for a server from the worker's environment: a JSON object of origins with their headers,
 * `{"https://rpc.example": {"Authorization": "Bearer …"}}`. `:path` is not a header: it is put in front of the path of
 * every request, for servers whose key is in the path. Headers are set per origin, because any user who starts a
 * run chooses the address of a source: no other server must receive them.
 * @throws ParquetryError CONFIG_INVALID; it does not quote the variable
 */
export function headersFor(url: URL, text = process.env[HEADERS_VARIABLE]): Readonly<Record<string, string>> {
  if (text === undefined || text.trim() === '') return {};
  return parseHeaders(text).get(url.origin) ?? {};
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
      if (
        typeof value !== 'string' ||
        !(name === PATH ? PATH_VALUE : HEADER_VALUE).test(value) ||
        !NAME.test(name)
      )
        return fail('has a header that HTTP does not allow');
    const { origin } = new URL(server);
    found.set(origin, { ...found.get(origin), ...(headers as Record<string, string>) });
  }
  return found;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

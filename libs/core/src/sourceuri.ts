import { ParquetryError } from './errors';

/** One location of whole ledgers. */
export interface LedgerLocation {
  readonly kind: 'galexie' | 'rpc';
  /** What follows the colon. */
  readonly place: string;
}

/** Whether a source gives whole ledgers; the others give messages. */
export function isLedgerUri(uri: string): boolean {
  return /^(galexie|rpc):/.test(uri);
}

/** Whether a source gives messages for a range on request. */
export function isProcessorUri(uri: string): boolean {
  return /^(https?|processor):/.test(uri);
}

/** The places of `galexie:…`, `rpc:…`, or several of them with commas between, in their order. */
export function ledgerLocations(uri: string): readonly LedgerLocation[] {
  return uri.split(/,\s*(?=(?:galexie|rpc):)/).map((part) => {
    const colon = part.indexOf(':');
    return { kind: part.slice(0, colon) === 'rpc' ? 'rpc' : 'galexie', place: part.slice(colon + 1).trim() };
  });
}

/**
 * The address of an RPC node or a processor. Temporal's history keeps it, so it must not contain anything that may be a
 * secret, and no error quotes it.
 * @throws ParquetryError SOURCE_INVALID
 */
export function sourceUrl(text: string): URL {
  const fail = (why: string): never => {
    throw new ParquetryError('SOURCE_INVALID', `The address of the source ${why}.`, {
      hint: 'Write https://host or https://host/path; API keys go into PARQUETRY_HTTP_HEADERS of the worker.',
    });
  };
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return fail('is not an http:// or https:// URL');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return fail('has a user or password in it');
  if (url.search !== '' || url.hash !== '') return fail('has a query or a fragment');
  return url;
}

/**
 * Refuses an address with what looks like an API key in its path, when a run starts: the address is kept in Temporal's
 * history and in the archive. The error does not quote it.
 * @throws ParquetryError SOURCE_INVALID
 */
export function assertNoKey({ pathname }: URL): void {
  const key = /^(?=.*\d)(?=.*[A-Za-z])[\w~-]{24,}$/;
  if (!pathname.split('/').some((part) => key.test(part))) return;
  throw new ParquetryError(
    'SOURCE_INVALID',
    'The address of the source has what looks like an API key in its path.',
    {
      hint: 'Remove the key from the address, and set PARQUETRY_HTTP_HEADERS of the worker to {"https://host": {":path": "/v1/KEY"}}: that path is put in front of the path of every request.',
    },
  );
}

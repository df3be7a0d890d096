import { lstatSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { ParquetryError, isLedgerUri, ledgerLocations, masked, systemErrorCode } from '@parquetry/core';
import { expandPath, isRemote } from '@parquetry/storage';

/** What runs may name on this worker, as prefixes; absent: anything. Plain data, because pull threads get a copy. */
export interface AllowList {
  /** As a source is written: `galexie:s3://lake/pubnet`, `ndjson:/data`, `rpc:https://host`, `processor:NAME`. */
  readonly sources?: readonly string[];
  /** Archive roots, or folders and prefixes that hold them. */
  readonly archives?: readonly string[];
}

/** A location as the parts of its path. A prefix covers a location that begins with its parts. */
type Place = readonly string[];

/** @throws ParquetryError LOCATION_REFUSED for an archive that the list does not cover */
export function assertArchive({ archives }: AllowList, root: unknown): void {
  if (archives === undefined) return;
  const place = typeof root === 'string' ? storedPlace('archive', root, expandPath) : undefined;
  assertCovered(prefixesOf(archives, archivePrefix), place, 'archive', root, archives);
}

/** @throws ParquetryError LOCATION_REFUSED for a source with a part that the list does not cover */
export function assertSource({ sources }: AllowList, uri: unknown): void {
  if (sources === undefined) return;
  const prefixes = prefixesOf(sources, sourcePrefix);
  const places = typeof uri === 'string' ? sourcePlaces(uri) : [undefined];
  for (const place of places) assertCovered(prefixes, place, 'source', uri, sources);
}

/**
 * Checks a file of a message source after its name is resolved: a glob or a symbolic link may lead elsewhere.
 * @throws ParquetryError LOCATION_REFUSED
 */
export function assertSourceFile({ sources }: AllowList, file: string): void {
  if (sources === undefined) return;
  // The answer of a processor: its address and the range.
  if (/^(https?|processor):/.test(file))
    return assertSource({ sources }, file.replace(/\?start=\d+&end=\d+$/, ''));
  const place = storedPlace('ndjson', file);
  assertCovered(prefixesOf(sources, sourcePrefix), place, 'source', file, sources);
}

/** Checks the prefixes of a worker's settings. @throws ParquetryError CONFIG_INVALID */
export function checkAllowList({ sources = [], archives = [] }: AllowList): void {
  const check = (option: string, text: string, place: Place | undefined): void => {
    if (place !== undefined) return;
    throw new ParquetryError('CONFIG_INVALID', `${option} can't be ${JSON.stringify(masked(text))}.`, {
      hint: 'Write a location without "..", a glob, a query or a password, as --source or --archive takes it: galexie:s3://lake/pubnet, s3://lake/archives.',
    });
  };
  for (const text of sources) check('--allow-source', text, sourcePrefix(text));
  for (const text of archives) check('--allow-archive', text, archivePrefix(text));
}

function assertCovered(
  prefixes: readonly (Place | undefined)[],
  place: Place | undefined,
  what: 'source' | 'archive',
  given: unknown,
  allowed: readonly string[],
): void {
  const covered = prefixes.some(
    (prefix) => place !== undefined && prefix?.every((part, at) => part === place[at]),
  );
  if (covered) return;
  const shown = masked(String(given)).slice(0, 300);
  const variable = `PARQUETRY_ALLOW_${what.toUpperCase()}`;
  throw new ParquetryError(
    'LOCATION_REFUSED',
    `This worker does not open the ${what} ${shown}: no --allow-${what} covers it.`,
    {
      details: { location: shown, setting: `allow-${what}` },
      hint: `Allowed: ${allowed.join(', ')}. To allow more, set --allow-${what} (${variable}) on every worker.`,
    },
  );
}

/**
 * The places of the prefixes of a list. The list is a worker's setting, so its links are resolved once, when the first
 * location is checked; those of a location are resolved at each check.
 */
function prefixesOf(
  list: readonly string[],
  place: (text: string) => Place | undefined,
): readonly (Place | undefined)[] {
  const known = resolved.get(list) ?? list.map(place);
  resolved.set(list, known);
  return known;
}

const resolved = new WeakMap<readonly string[], readonly (Place | undefined)[]>();

function archivePrefix(text: string): Place | undefined {
  return storedPlace('archive', text, expandPath);
}

/** A prefix of sources; only the kind (`processor:`) covers every source of the kind. */
function sourcePrefix(text: string): Place | undefined {
  const kind = /^(galexie|ndjson|rpc|processor):$/.exec(text)?.[1];
  if (kind !== undefined) return [kind];
  // A glob can't be compared part by part; without it the prefix would cover more than it says.
  if (text.includes(',') || (/^(galexie|ndjson):/.test(text) && GLOB.test(text))) return undefined;
  const places = sourcePlaces(text, expandPath);
  return places.length === 1 ? places[0] : undefined;
}

/** The places that a source reads; undefined for one that is not certain to be a single location. */
function sourcePlaces(uri: string, resolve?: (text: string) => string): (Place | undefined)[] {
  if (isLedgerUri(uri))
    return ledgerLocations(uri).map(({ kind, place }) =>
      kind === 'rpc' ? urlPlace(kind, place) : storedPlace(kind, place, resolve),
    );
  if (/^https?:/.test(uri)) return [urlPlace('http', uri)];
  const colon = uri.indexOf(':');
  const [kind, rest] = [uri.slice(0, colon), uri.slice(colon + 1)];
  if (kind === 'processor') return [/^[\w.-]+$/.test(rest) ? [kind, rest] : undefined];
  if (kind !== 'ndjson') return [undefined];
  return rest.split(',').map((part) => storedPlace(kind, fixedPart(part.trim()), resolve));
}

/** Characters of globs. Parentheses are compared as they are, because they occur in names. */
const GLOB = /[*?[{\\]/;

/** The part of a path before its first glob; a backslash may quote anything. */
function fixedPart(text: string): string {
  const parts = text.split('/');
  const glob = parts.findIndex((part) => GLOB.test(part));
  // Files that match are checked by their real paths; `..` is refused, however it is quoted.
  return glob < 0 || /(^|[/\\])\.\.([/\\]|$)/.test(text) ? text : parts.slice(0, glob).join('/') || '/';
}

function urlPlace(kind: string, text: string): Place | undefined {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return undefined;
  const { origin, pathname, username, password, search, hash } = new URL(text);
  if (`${username}${password}${search}${hash}` !== '') return undefined;
  // A server may decode these to a separator or to "..".
  if (/%(2f|5c|2e|25|00)/i.test(pathname)) return undefined;
  return [kind, origin, ...pathname.split('/').filter((part) => part !== '')];
}

function storedPlace(
  kind: string,
  text: string,
  resolve: (text: string) => string = path.resolve,
): Place | undefined {
  const location = kind === 'archive' ? text.replace(/^file:\/\/(?=\/)/, '') : text;
  if (location === '' || location.includes('\0') || location.split(/[/\\]/).includes('..')) return undefined;
  if (isRemote(location)) {
    const match = /^(s3|gs):\/\/([^/]+)(?:\/(.*))?$/s.exec(location);
    if (match === null || /[?#@]/.test(location)) return undefined;
    const [, scheme = '', bucket = '', prefix = ''] = match;
    return [kind, scheme, bucket, ...prefix.split('/').filter((part) => part !== '')];
  }
  // No other scheme is a location of files: the readers of messages would take `processor:NAME` for a command.
  if (/^[A-Za-z][\w+.-]+:/.test(location)) return undefined;
  const real = realPath(resolve(location));
  return real === undefined
    ? undefined
    : [kind, 'file', ...real.split(path.sep).filter((part) => part !== '')];
}

/** The path without links; parts that do not exist yet are kept. Undefined if that can't be known. */
function realPath(absolute: string): string | undefined {
  const rest: string[] = [];
  for (let at = absolute; ; at = path.dirname(at)) {
    try {
      return path.join(realpathSync(at), ...rest);
    } catch (error) {
      const code = systemErrorCode(error);
      const dangling = lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink() === true;
      if (dangling || at === path.dirname(at) || (code !== 'ENOENT' && code !== 'ENOTDIR')) return undefined;
      rest.unshift(path.basename(at));
    }
  }
}

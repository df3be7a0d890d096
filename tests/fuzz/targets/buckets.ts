import { type ManagedStore, compareKeys, keyFault, openStore } from '@parquetry/storage';
import { mutateBytes } from '../mutate';
import type { Random } from '../random';
import { type Answer, HostileServer, damageTransport } from '../server';
import { type OpenTarget, type Target, demand } from '../target';

const NAMES = ['a.json', 'b/c.json', 'b/d/e.parquet', 'b/d/f.parquet', 'g/00.json', 'g/01.json', 'z'];
const CONTENT = Buffer.from('the content of an object of a bucket');
/** Listings of a hostile server may go on; a client must not. */
const MAX_REQUESTS = 400;
const HOSTILE = [
  '../x',
  '/etc/passwd',
  'p/../../x',
  'p//x',
  'x',
  '',
  'p',
  'p/b',
  '%2e%2e/x',
  'p/\\x',
  'q/r',
  'p/b/../c',
  'p/'.repeat(200),
];

/**
 * Answers of S3 and GCS servers: listings of objects and folders, pages and tokens that never end, names outside the
 * prefix, damaged XML and JSON, absurd sizes and times, ranges other than requested, damage on the way.
 *
 * Oracle: a listing has only names below what was asked for, each once, in byte order, and ends after a bounded number of
 * requests; a read gives the object's bytes, or another answer's whole bytes for the range asked; else a coded error.
 */
export const buckets: Target = {
  name: 'buckets',
  ci: 150,
  open: async () => {
    const server = await HostileServer.start();
    const options = { endpoint: server.url, anonymous: true, attempts: 2, backoffMs: 1, timeoutMs: 3000 };
    const stores = [openStore('s3://bucket/p', options), openStore('gs://bucket/p', options)] as const;
    return {
      run: (random) => runCase(random, server, random.pick(stores)),
      close: () => server.close(),
    } satisfies OpenTarget;
  },
};

async function runCase(random: Random, server: HostileServer, store: ManagedStore): Promise<void> {
  const s3 = store.uri.startsWith('s3:');
  let requests = 0;
  const often = 1 + random.below(4);
  server.respond = (request) => {
    requests += 1;
    const url = new URL(request.url ?? '/', server.url);
    const damaged = random.chance(often);
    const listing = url.searchParams.has('prefix');
    const answer = listing
      ? s3
        ? s3Page(random, url, damaged)
        : gcsPage(random, url, damaged)
      : object(random, request.headers.range, damaged);
    return damaged && random.chance(3) ? damageTransport(random, answer) : answer;
  };
  try {
    if (random.chance(3)) await readCase(random, store);
    else
      await listCase(random, store, () =>
        demand(requests <= MAX_REQUESTS, () => `${requests} requests for one listing`),
      );
  } finally {
    demand(requests <= MAX_REQUESTS, () => `${requests} requests`);
  }
}

async function readCase(random: Random, store: ManagedStore): Promise<void> {
  const start = random.below(CONTENT.length);
  const length = 1 + random.below(20);
  const bytes = random.chance(2) ? await store.get('a.json') : await store.getRange('a.json', start, length);
  demand(bytes.length < 10_000, () => `${bytes.length} bytes`);
}

async function listCase(random: Random, store: ManagedStore, each: () => void): Promise<void> {
  const prefix = random.pick(['', 'b/', 'b/d', 'g/0']);
  if (random.chance(2)) {
    const folder = prefix.replace(/\/?\w*$/, '');
    for await (const name of store.names(folder)) {
      each();
      demand(name !== '' && /^[^/]+\/?$/s.test(name), () => `the name ${JSON.stringify(name)} in ${folder}`);
    }
    return;
  }
  let last: string | undefined;
  for await (const { key, size, modified } of store.list(prefix)) {
    each();
    demand(key.startsWith(prefix), () => `${JSON.stringify(key)} is not below ${prefix}`);
    demand(last === undefined || compareKeys(key, last) > 0, () => `${key} after ${last}`);
    demand(Number.isFinite(size) && Number.isFinite(modified), () => `size ${size}, time ${modified}`);
    // A key that no store accepts is refused when it is used.
    keyFault(key);
    last = key;
  }
}

interface Entries {
  readonly objects: string[];
  readonly folders: string[];
  readonly next: string | undefined;
}

/** The entries of a healthy listing, or damaged ones. */
function entries(
  random: Random,
  query: URLSearchParams,
  /** Parameters that name the last entry of the page before, the preferred one first. */
  after: readonly [string, string],
  damaged: boolean,
): Entries {
  const [prefix, delimiter] = [query.get('prefix') ?? '', query.get('delimiter')];
  const token = query.get(after[0]) ?? query.get(after[1]);
  const all = NAMES.map((name) => `p/${name}`).filter(
    (name) => name.startsWith(prefix) && (token === null || name > token),
  );
  const objects: string[] = [];
  const folders = new Set<string>();
  for (const name of all) {
    const slash = delimiter === null ? -1 : name.indexOf('/', prefix.length);
    if (slash < 0) objects.push(name);
    else folders.add(name.slice(0, slash + 1));
  }
  if (!damaged) return { objects, folders: [...folders], next: undefined };
  switch (random.below(6)) {
    case 0:
      objects.push(random.pick(HOSTILE));
      break;
    case 1:
      folders.add(random.pick([...HOSTILE, prefix, '', 'p/']));
      break;
    case 2:
      objects.reverse();
      break;
    case 3:
      return {
        objects: random.chance(2) ? objects : [],
        folders: [...folders],
        next: random.pick(['same', '', 'p/b', 'x'.repeat(3000)]),
      };
    case 4:
      return { objects: [], folders: [], next: String(random.word()) };
    default:
      objects.push(...objects);
  }
  return { objects, folders: [...folders], next: undefined };
}

function s3Page(random: Random, url: URL, damaged: boolean): Answer {
  const { searchParams: query } = url;
  const { objects, folders, next } = entries(random, query, ['continuation-token', 'start-after'], damaged);
  const size = damaged
    ? random.pick(['0', '-1', '1e400', 'x', '', '99999999999999999999'])
    : String(CONTENT.length);
  const time = damaged
    ? random.pick(['x', '', '2025-13-40', '2025-07-13T00:00:00Z'])
    : '2025-07-13T00:00:00.000Z';
  const text = `<?xml version="1.0"?>${damaged && random.chance(6) ? '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' : ''}<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>bucket</Name><EncodingType>url</EncodingType><IsTruncated>${next !== undefined}</IsTruncated>${next === undefined ? '' : `<NextContinuationToken>${next}</NextContinuationToken>`}${objects.map((name) => `<Contents><Key>${encodeURIComponent(name)}</Key><Size>${size}</Size><LastModified>${time}</LastModified></Contents>`).join('')}${folders.map((name) => `<CommonPrefixes><Prefix>${encodeURIComponent(name)}</Prefix></CommonPrefixes>`).join('')}</ListBucketResult>`;
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: damaged && random.chance(3) ? mutateBytes(random, Buffer.from(text)) : Buffer.from(text),
  };
}

function gcsPage(random: Random, url: URL, damaged: boolean): Answer {
  const { searchParams: query } = url;
  const { objects, folders, next } = entries(random, query, ['pageToken', 'startOffset'], damaged);
  const text = JSON.stringify({
    kind: 'storage#objects',
    items: objects.map((name) => ({
      name,
      size: damaged ? random.pick(['0', 'x', -1, null, '1e400']) : String(CONTENT.length),
      updated: '2025-07-13T00:00:00.000Z',
      generation: '1',
    })),
    prefixes: folders,
    ...(next === undefined ? {} : { nextPageToken: next }),
  });
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: damaged && random.chance(3) ? mutateBytes(random, Buffer.from(text)) : Buffer.from(text),
  };
}

function object(random: Random, range: string | undefined, damaged: boolean): Answer {
  const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  const start = Number(from);
  const end = Math.min(CONTENT.length, to === '' ? CONTENT.length : Number(to) + 1);
  const headers: Record<string, string> = {
    etag: '"1"',
    'x-goog-generation': '1',
    'last-modified': 'Sun, 13 Jul 2025 00:00:00 GMT',
  };
  if (range !== undefined) headers['content-range'] = `bytes ${start}-${end - 1}/${CONTENT.length}`;
  if (damaged)
    headers['content-range'] = random.pick([
      'x',
      'bytes 0-0/0',
      'bytes 5-9/10',
      'bytes 0-99999999999/99999999999',
      'bytes */5',
      `bytes ${start}-${end}/${end + 5}`,
    ]);
  const body = damaged && random.chance(2) ? mutateBytes(random, CONTENT) : CONTENT.subarray(start, end);
  return { status: range === undefined ? 200 : 206, headers, body };
}

import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { decompress } from '@mongodb-js/zstd';
import { type LedgerRange, type StageManifest, isParquetryError } from '@parquetry/core';
import { SAMPLE_NETWORK, writeSampleLake } from '@parquetry/sample';
import { openLedgerSource, openRpcFeed } from '@parquetry/source';
import { type NodeLedger, RpcNode, ledgersOf } from '../support/rpcnode';

const START = 1000;
const LEDGERS = 40;
const ALL: LedgerRange = { start: START, end: START + LEDGERS - 1 };
const FAST = { retry: { attempts: 4, backoffMs: 5 }, idleMs: 1000, requestMs: 5000, maxAnswer: 64 << 20 };

/** Pulls a range of a source into a new folder of `root`. */
async function pullInto(root: string, uri: string, range: LedgerRange): Promise<StageManifest> {
  const dir = await mkdtemp(path.join(root, 'stage-'));
  const source = await openLedgerSource(uri);
  const index = await source.prepare({ range, workDir: dir });
  const { datasets } = index;
  return source.pull({ stageId: 's', range, datasets, index, stageDir: dir, spoolDir: dir });
}

describe('rpc source', () => {
  let root: string;
  let lake: string;
  let ledgers: readonly NodeLedger[];
  let node: RpcNode;

  beforeAll(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), 'parquetry-rpc-'));
    lake = path.join(root, 'lake');
    await writeSampleLake({ dir: lake, start: START, ledgers: LEDGERS });
    ledgers = await ledgersOf(lake);
  });
  beforeEach(async () => {
    node = await RpcNode.start(ledgers, SAMPLE_NETWORK);
  });
  afterEach(() => node.close());
  afterAll(() => rm(root, { recursive: true }));

  const pull = (uri: string, range = ALL): Promise<StageManifest> => pullInto(root, uri, range);
  const contents = ({ datasets, proof }: StageManifest): unknown => ({
    proof,
    datasets: datasets.map(({ dataset, rows, contentHash, columns, ledgers: tallies }) => ({
      ...{ dataset, rows, contentHash, columns, tallies },
    })),
  });
  const read = async (range = ALL): Promise<number[]> => {
    const feed = await openRpcFeed(node.url, { network: SAMPLE_NETWORK }, FAST);
    const sequences: number[] = [];
    for await (const { sequence } of feed.ledgers(range, [])) sequences.push(sequence);
    return sequences;
  };
  const every = Array.from({ length: LEDGERS }, (_, index) => START + index);
  const pages = (): number => node.calls.filter(({ method }) => method === 'getLedgers').length;

  it('stages the same rows, proof and content hash as the lake of the same ledgers', async () => {
    const range = { start: START, end: START + 29 };
    expect(contents(await pull(`rpc:${node.url}`, range))).toEqual(
      contents(await pull(`galexie:${lake}`, range)),
    );
    const [first, second] = node.calls.filter(({ method }) => method === 'getLedgers');
    expect(first?.params).toMatchObject({ startLedger: START, pagination: { limit: 4 } });
    expect(second?.params).toMatchObject({ pagination: { cursor: String(START + 3) } });
  });

  it('refuses ledgers outside the window and names it', async () => {
    node.oldest = START + 5;
    node.latest = START + 20;
    for (const [range, ledger] of [
      [ALL, START],
      [{ start: START + 6, end: START + 21 }, START + 21],
      [{ start: START + 30, end: START + 31 }, START + 30],
    ] as const)
      await expect(pull(`rpc:${node.url}`, range)).rejects.toMatchObject({
        code: 'SOURCE_OUT_OF_RANGE',
        message: `rpc:${node.url} keeps ledgers ${START + 5}-${START + 20}; ledger ${ledger} is not among them.`,
      });
    await expect(read()).rejects.toMatchObject({ code: 'SOURCE_OUT_OF_RANGE' });
  });

  it.each([
    ['a storm of 429', { status: 429, headers: { 'retry-after': '0' } }],
    ['503', { status: 503 }],
    ['resets', 'reset'],
    ['truncated JSON', 'truncate'],
    ['a page of HTML', { status: 200, body: '<html>busy</html>' }],
    ['an internal error', { error: { code: -32603, message: 'db is locked' } }],
    [
      'a gzip body that ends early',
      { body: gzipSync('x'.repeat(9999)).subarray(0, 20), headers: { 'content-encoding': 'gzip' } },
    ],
    ['an answer without ledgers', { result: { latestLedger: 1 } }],
    ['ledgers of another place', { result: { ledgers: [] as unknown[] } }],
  ] as const)('continues after %s on every other request', async (_, fault) => {
    const wrong = fault as typeof fault & { result?: { ledgers?: unknown[] } };
    wrong.result?.ledgers?.push(ledgers[20]);
    node.fault = ({ method }) => (method === 'getLedgers' && pages() % 2 === 0 ? fault : undefined);
    expect(await read()).toEqual(every);
  });

  it('fails with a code after a bounded number of attempts', async () => {
    node.fault = ({ method }) => (method === 'getLedgers' ? { status: 503 } : undefined);
    await expect(read()).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE', retryable: true, exitCode: 3 });
    expect(pages()).toBe(FAST.retry.attempts);
    node.fault = () => 'truncate';
    await expect(read()).rejects.toMatchObject({ code: 'SOURCE_CORRUPT' });
    await node.close();
    await expect(read()).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    node = await RpcNode.start(ledgers, SAMPLE_NETWORK);
  });

  it('waits as long as Retry-After says', async () => {
    node.fault = ({ number }) =>
      number === 2 ? { status: 429, headers: { 'retry-after': '1' } } : undefined;
    const began = performance.now();
    expect(await read()).toEqual(every);
    expect(performance.now() - began).toBeGreaterThanOrEqual(1000);
  });

  it('continues by ledger number when the node no longer knows its cursor', async () => {
    node.fault = ({ params }) =>
      params.pagination?.cursor === undefined
        ? undefined
        : { error: { code: -32602, message: 'bad cursor' } };
    expect(await read()).toEqual(every);
  });

  it('waits for a ledger that appears late, and says so when it does not', async () => {
    node.latest = START + 9;
    node.fault = ({ number }) => {
      if (number === 8) node.latest = ALL.end;
      return undefined;
    };
    expect(await read()).toEqual(every);
    node.latest = START + 9;
    node.fault = () => undefined;
    await expect(read()).rejects.toMatchObject({ code: 'SOURCE_NOT_READY', retryable: true });
  });

  it('reports a hole below the tip', async () => {
    await node.close();
    node = await RpcNode.start(
      ledgers.filter(({ sequence }) => sequence !== START + 12),
      SAMPLE_NETWORK,
    );
    await expect(read()).rejects.toMatchObject({
      code: expect.stringMatching(/^(LEDGER_MISSING|SOURCE_CORRUPT)$/) as string,
    });
  });

  it('requests smaller pages of larger ledgers and rejects an answer beyond the limit', async () => {
    const size = (count: number): number =>
      ledgers.slice(0, count).reduce((sum, { metadataXdr }) => sum + metadataXdr.length, 0);
    const feed = await openRpcFeed(node.url, { network: SAMPLE_NETWORK }, { ...FAST, maxAnswer: size(2) });
    const iterate = async (): Promise<number> => {
      let count = 0;
      for await (const _ of feed.ledgers({ start: START, end: START + 7 }, [])) count += 1;
      return count;
    };
    expect(await iterate()).toBe(8);
    const bomb = gzipSync(Buffer.alloc(64 << 20, ' '));
    node.fault = ({ method }) =>
      method === 'getLedgers' ? { body: bomb, headers: { 'content-encoding': 'gzip' } } : undefined;
    const before = process.memoryUsage().rss;
    await expect(iterate()).rejects.toMatchObject({ code: 'SOURCE_CORRUPT' });
    expect(process.memoryUsage().rss - before).toBeLessThan(60 << 20);
  });

  it('refuses damaged ledgers, ledgers of another hash and nodes of another network', async () => {
    const [first] = ledgers as readonly [NodeLedger];
    const meta = Buffer.from(first.metadataXdr, 'base64');
    const flipped = Buffer.from(meta);
    flipped[200] = (flipped[200] as number) ^ 1;
    const answers: readonly [Partial<NodeLedger>, string][] = [
      [{ metadataXdr: meta.subarray(0, 300).toString('base64') }, 'SOURCE_CORRUPT'],
      [{ metadataXdr: '' }, 'SOURCE_CORRUPT'],
      [{ metadataXdr: (ledgers[1] as NodeLedger).metadataXdr }, 'SOURCE_CORRUPT'],
      [{ hash: '00'.repeat(32) }, 'SOURCE_CORRUPT'],
      [{ metadataXdr: flipped.toString('base64') }, 'CHAIN_BROKEN'],
    ];
    for (const [change, code] of answers) {
      node.fault = ({ method }) =>
        method === 'getLedgers'
          ? { result: { ledgers: [{ ...first, ...change }], cursor: String(START) } }
          : undefined;
      const failed = pull(`rpc:${node.url}`, { start: START, end: START });
      await expect(failed).rejects.toMatchObject({ code });
    }
    node.fault = () => undefined;
    node.network = 'Test SDF Network ; September 2015';
    await expect(read()).rejects.toMatchObject({ code: 'SOURCE_INVALID' });
  });

  it('ends a wait when it is aborted', async () => {
    node.fault = () => ({ status: 503, headers: { 'retry-after': '30' } });
    const abort = new AbortController();
    const feed = await openRpcFeed(node.url, { network: SAMPLE_NETWORK }, FAST);
    const reading = feed.ledgers(ALL, [], { signal: abort.signal }).next();
    setTimeout(() => abort.abort(), 100);
    const began = performance.now();
    await expect(reading).rejects.toThrow();
    expect(performance.now() - began).toBeLessThan(2000);
  });

  it('sends the headers of the environment to their server only, and never shows them', async () => {
    const secret = 'Bearer s3cr3t-0123456789';
    process.env['PARQUETRY_HTTP_HEADERS'] = JSON.stringify({
      [node.url]: { Authorization: secret },
      'https://other.example': { Authorization: 'Bearer another-secret' },
    });
    try {
      expect(await read()).toEqual(every);
      expect(new Set(node.calls.map(({ headers }) => headers.authorization))).toEqual(new Set([secret]));
      for (const fault of [
        { status: 401, body: secret },
        { status: 400, headers: { 'x-echo': secret }, body: secret },
        { error: { code: -32600, message: secret } },
        { status: 200, body: secret },
        { status: 302, headers: { location: 'https://other.example/' } },
      ]) {
        node.fault = () => fault;
        const error: unknown = await read().catch((failed: unknown) => failed);
        if (!isParquetryError(error)) throw error;
        expect(error.code).toMatch(/^(PERMISSION_DENIED|SOURCE_INVALID|SOURCE_CORRUPT)$/);
        const shown = `${JSON.stringify(error)} ${error.stack ?? ''} ${String(error.cause)}`;
        expect(shown).not.toMatch(/s3cr3t|another-secret/);
      }
      process.env['PARQUETRY_HTTP_HEADERS'] = `{"${node.url}": "${secret}"`;
      const error = (await read().catch((failed: unknown) => failed)) as Error;
      expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
      expect(`${error.message} ${error.stack ?? ''}`).not.toMatch(/s3cr3t/);
    } finally {
      delete process.env['PARQUETRY_HTTP_HEADERS'];
    }
  });

  describe('before which there is a lake', () => {
    it('takes each ledger from the first one that has it, and comes back to the lake', async () => {
      const part = path.join(root, 'part');
      await writeSampleLake({
        dir: part,
        start: START,
        ledgers: LEDGERS,
        layout: { ledgersPerBatch: 4, batchesPerPartition: 16 },
      });
      const objects = (await readdir(part, { recursive: true })).filter((name) => name.endsWith('.xdr.zst'));
      // The node has the ledgers missing in the lake and a few after them, but not the last ones.
      const hole = objects.find(
        (name) => name.includes(`--${START + 12}`) || name.includes(`--${START + 12}-`),
      );
      await rm(path.join(part, String(hole)));
      node.oldest = START + 12;
      node.latest = START + 29;
      const both = await pull(`galexie:${part},rpc:${node.url}`);
      expect(contents(both)).toEqual(contents(await pull(`galexie:${lake}`)));
      expect(pages()).toBeGreaterThan(0);
    });

    it('reports the ledgers that each source lacks', async () => {
      node.oldest = START + 30;
      const part = path.join(root, 'part2');
      await writeSampleLake({ dir: part, start: START, ledgers: 20 });
      await expect(pull(`galexie:${part},rpc:${node.url}`)).rejects.toMatchObject({
        code: 'SOURCE_OUT_OF_RANGE',
        message: expect.stringMatching(/ledger 10\d\d is not among/) as string,
      });
    });

    it('refuses a node of another network', async () => {
      node.network = 'Test SDF Network ; September 2015';
      await expect(pull(`galexie:${lake},rpc:${node.url}`)).rejects.toMatchObject({ code: 'SOURCE_INVALID' });
    });
  });
});

const DATA = process.env['PARQUETRY_TEST_DATA'] ?? path.resolve(__dirname, '../../../shared/data');
const recorded = path.join(DATA, 'goldens/pubnet-63092982-63092991/rpc/getLedgers.ledgers.ndjson.zst');

(existsSync(recorded) ? describe : describe.skip)(
  'recorded answers of a pubnet node [needs the test data]',
  () => {
    it('give the same rows and content hash as the lake of the same ledgers', async () => {
      const text = (await decompress(await readFile(recorded))).toString('utf8');
      const ledgers = text
        .split('\n')
        .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as NodeLedger]));
      const range = { start: 63092982, end: 63092991 };
      const node = await RpcNode.start(ledgers, 'Public Global Stellar Network ; September 2015');
      const root = await mkdtemp(path.join(os.tmpdir(), 'parquetry-rpc-'));
      try {
        const manifests: StageManifest[] = [];
        for (const uri of [`rpc:${node.url}`, `galexie:${path.join(DATA, 'lakes/pubnet-1x64000')}`])
          manifests.push(await pullInto(root, uri, range));
        const [rpc, lake] = manifests.map(({ datasets, proof }) => ({ datasets, proof }));
        expect(rpc).toEqual(lake);
        // A page is about 8 MB, which is six of these ledgers.
        const limits = node.calls.flatMap(({ params }) => params.pagination?.limit ?? []);
        expect(Math.max(...limits)).toBeLessThanOrEqual(8);
      } finally {
        await node.close();
        await rm(root, { recursive: true });
      }
    }, 120_000);
  },
);

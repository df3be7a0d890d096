import { execFile } from 'node:child_process';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { compress, decompress } from '@mongodb-js/zstd';
import { SAMPLE_NETWORK, writeSampleLake } from '@parquetry/sample';
import { openLedgerSource, openRpcFeed } from '@parquetry/source';
import { objectKey, readLedger } from '@parquetry/stellar';
import { type NodeLedger, RpcNode, ledgersOf } from '../support/rpcnode';

const START = 1000;
const LEDGERS = 8;
const ALL = { start: START, end: START + LEDGERS - 1 };
const LAYOUT = { ledgersPerBatch: 1, batchesPerPartition: 64 };
const OTHER_NETWORK = 'Test SDF Network ; September 2015';
/** Limits of the requests to a node. */
const FAST = { retry: { attempts: 2, backoffMs: 5 }, idleMs: 5000, requestMs: 20_000, maxAnswer: 16 << 20 };
/** Bytes before the LedgerCloseMeta of an object. */
const BATCH_HEADER = 12;

/** A ledger with transactions, and its neighbour. */
interface Subject {
  readonly ledger: number;
  readonly xdr: Buffer;
  readonly packed: Buffer;
  readonly neighbour: Buffer;
  readonly foreign: Buffer;
}

/** A frame of 128 KiB run-length blocks. */
function bomb(blocks: number): Buffer {
  const header = (size: number, last: number): Buffer => {
    const bytes = Buffer.alloc(3);
    bytes.writeUIntLE((size << 3) | 2 | last, 0, 3);
    return bytes;
  };
  const block = Buffer.concat([header(128 * 1024, 0), Buffer.of(0)]);
  const frame = Buffer.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58);
  return Buffer.concat([frame, ...Array<Buffer>(blocks).fill(block), header(1, 1), Buffer.of(0)]);
}

/** The object with a changed byte in its XDR. */
function flipped(at: (xdr: Buffer) => number): (subject: Subject) => Promise<Buffer> {
  return ({ xdr }) => {
    const changed = Buffer.from(xdr);
    const offset = at(xdr);
    changed[offset] = (changed[offset] as number) ^ 4;
    return compress(changed);
  };
}

const decoded = (xdr: Buffer): ReturnType<typeof readLedger>['meta'] =>
  readLedger(xdr, BATCH_HEADER, 'test').meta;

/** Faults of a lake's object: its bytes, and the code of the pull. */
const OBJECTS: readonly (readonly [
  fault: string,
  make: (subject: Subject) => Buffer | Promise<Buffer>,
  code: string,
])[] = [
  ['zero-length', () => Buffer.alloc(0), 'SOURCE_CORRUPT'],
  ['truncated', ({ packed }) => packed.subarray(0, packed.length >> 1), 'SOURCE_CORRUPT'],
  ['without its last byte', ({ packed }) => packed.subarray(0, -1), 'SOURCE_CORRUPT'],
  ['with bytes after its end', ({ packed }) => Buffer.concat([packed, Buffer.of(1, 2, 3)]), 'SOURCE_CORRUPT'],
  ['not zstd', () => Buffer.from('<html>not found</html>'), 'SOURCE_CORRUPT'],
  ['truncated before it was compressed', ({ xdr }) => compress(xdr.subarray(0, -40)), 'SOURCE_CORRUPT'],
  [
    'longer before it was compressed',
    ({ xdr }) => compress(Buffer.concat([xdr, Buffer.alloc(8)])),
    'SOURCE_CORRUPT',
  ],
  ['empty before it was compressed', () => compress(Buffer.alloc(0)), 'SOURCE_CORRUPT'],
  [
    'with a flipped bit in its magic number',
    ({ packed }) => Buffer.concat([Buffer.of((packed[0] as number) ^ 1), packed.subarray(1)]),
    'SOURCE_CORRUPT',
  ],
  ['with a flipped bit in the range', flipped(() => 3), 'SOURCE_CORRUPT'],
  ['with a flipped bit in the number of ledgers', flipped(() => 11), 'SOURCE_CORRUPT'],
  [
    'with a flipped bit in the header',
    flipped((xdr) => decoded(xdr).value.ledgerHeader.header.xdrEnd - 20),
    'CHAIN_BROKEN',
  ],
  [
    'with a flipped bit in the transaction set',
    flipped((xdr) => (decoded(xdr).value as { txSet: { xdrStart: number } }).txSet.xdrStart + 10),
    'CHAIN_BROKEN',
  ],
  [
    'with a flipped bit in a result',
    flipped((xdr) => (decoded(xdr).value.txProcessing[0]?.result.xdrStart ?? 0) + 39),
    'CHAIN_BROKEN',
  ],
  [
    'with a flipped bit in the version of a meta',
    flipped((xdr) => (decoded(xdr).value.txProcessing[0]?.txApplyProcessing.xdrStart ?? 0) + 3),
    'PROTOCOL_UNSUPPORTED',
  ],
  ['the object of another ledger', ({ neighbour }) => neighbour, 'SOURCE_CORRUPT'],
  ['the object of another network', ({ foreign }) => foreign, 'CHAIN_BROKEN'],
  ['a zip bomb of 1.3 GB', () => bomb(10_000), 'SOURCE_CORRUPT'],
  ['a zip bomb of 200 MB', () => bomb(1600), 'SOURCE_CORRUPT'],
];

/** Faults of a node's answer to `getLedgers`. */
const ANSWERS: readonly (readonly [
  fault: string,
  change: (ledger: NodeLedger, neighbour: NodeLedger) => Buffer | Partial<NodeLedger>,
  code: string,
])[] = [
  ['zero-length', () => Buffer.alloc(0), 'SOURCE_CORRUPT'],
  ['not JSON', () => Buffer.from('<html>busy</html>'), 'SOURCE_CORRUPT'],
  ['a zip bomb', () => gzipSync(Buffer.alloc(32 << 20, ' ')), 'SOURCE_CORRUPT'],
  [
    'with a truncated ledger',
    ({ metadataXdr }) => ({ metadataXdr: metadataXdr.slice(0, 400) }),
    'SOURCE_CORRUPT',
  ],
  ['with an empty ledger', () => ({ metadataXdr: '' }), 'SOURCE_CORRUPT'],
  ['with the content of another ledger', (_, { metadataXdr }) => ({ metadataXdr }), 'SOURCE_CORRUPT'],
  ['with the hash of another ledger', (_, { hash }) => ({ hash }), 'SOURCE_CORRUPT'],
  [
    'with a flipped bit in the header',
    ({ metadataXdr }) => {
      const xdr = Buffer.from(metadataXdr, 'base64');
      const at = readLedger(xdr, 0, 'test').meta.value.ledgerHeader.header.xdrEnd - 20;
      xdr[at] = (xdr[at] as number) ^ 4;
      return { metadataXdr: xdr.toString('base64') };
    },
    'CHAIN_BROKEN',
  ],
];

describe('a faulty source', () => {
  let root: string;
  let lake: string;
  let subject: Subject;
  let ledgers: readonly NodeLedger[];

  beforeAll(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), 'parquetry-faults-'));
    lake = path.join(root, 'lake');
    const other = path.join(root, 'other');
    await writeSampleLake({ dir: lake, start: START, ledgers: LEDGERS, layout: LAYOUT });
    await writeSampleLake({
      ...{ dir: other, start: START, ledgers: LEDGERS, layout: LAYOUT },
      network: OTHER_NETWORK,
    });
    ledgers = await ledgersOf(lake);
    const objects = await Promise.all(
      ledgers.map(async ({ sequence }) => {
        const packed = readFileSync(path.join(lake, objectKey(LAYOUT, sequence)));
        return { sequence, packed, xdr: await decompress(packed) };
      }),
    );
    const at = objects.findIndex(({ xdr }, index) => index > 0 && decoded(xdr).value.txProcessing.length > 0);
    const [own, neighbour] = [objects[at], objects[at - 1]];
    if (own === undefined || neighbour === undefined) throw new Error('no ledger with transactions');
    subject = {
      ...{ ledger: own.sequence, xdr: own.xdr, packed: own.packed, neighbour: neighbour.packed },
      foreign: readFileSync(path.join(other, objectKey(LAYOUT, own.sequence))),
    };
  });
  afterAll(() => rm(root, { recursive: true }));

  /** Pulls everything; the stage has a manifest only when the pull is complete, and nothing else can be committed. */
  async function pull(uri: string): Promise<void> {
    const dir = await mkdtemp(path.join(root, 'stage-'));
    const source = await openLedgerSource(uri);
    const index = await source.prepare({ range: ALL, workDir: dir });
    const { datasets } = index;
    try {
      await source.pull({ stageId: 's', range: ALL, datasets, index, stageDir: dir, spoolDir: dir });
      expect(existsSync(path.join(dir, 'manifest.json'))).toBe(true);
    } catch (error) {
      expect(existsSync(path.join(dir, 'manifest.json'))).toBe(false);
      throw error;
    }
  }

  async function damaged(make: (typeof OBJECTS)[number][1]): Promise<string> {
    const copy = await mkdtemp(path.join(root, 'copy-'));
    cpSync(lake, copy, { recursive: true });
    writeFileSync(path.join(copy, objectKey(LAYOUT, subject.ledger)), await make(subject));
    return copy;
  }

  it('is compared with a sound one', async () => {
    await pull(`galexie:${lake}`);
    await pull(`galexie:${await damaged(({ packed }) => packed)}`);
  });

  it.each(OBJECTS)('whose object is %s fails with a code and stages nothing', async (_, make, code) => {
    await expect(pull(`galexie:${await damaged(make)}`)).rejects.toMatchObject({ code, retryable: false });
  });

  it.each(ANSWERS)('whose answer is %s fails with a code', async (_, change, code) => {
    const at = ledgers.findIndex(({ sequence }) => sequence === subject.ledger);
    const [own, neighbour] = [ledgers[at] as NodeLedger, ledgers[at - 1] as NodeLedger];
    const made = change(own, neighbour);
    const answers = ledgers.map((each) =>
      each === own && !Buffer.isBuffer(made) ? { ...own, ...made } : each,
    );
    const node = await RpcNode.start(answers, SAMPLE_NETWORK);
    if (Buffer.isBuffer(made))
      node.fault = ({ method }) =>
        method === 'getLedgers'
          ? { body: made, headers: made[0] === 0x1f ? { 'content-encoding': 'gzip' } : {} }
          : undefined;
    try {
      if (code === 'CHAIN_BROKEN') await expect(pull(`rpc:${node.url}`)).rejects.toMatchObject({ code });
      else {
        const feed = await openRpcFeed(node.url, { network: SAMPLE_NETWORK }, FAST);
        const reading = async (): Promise<void> => {
          for await (const _ledger of feed.ledgers(ALL, ['ledgers']));
        };
        await expect(reading()).rejects.toMatchObject({ code });
      }
    } finally {
      await node.close();
    }
  });

  (existsSync('/proc/self/status') ? describe : describe.skip)('that sends a zip bomb [needs /proc]', () => {
    /** The code with which another process reads the source, and the peak memory of that process in MB. */
    async function measure(uri: string): Promise<{ code: string; peak: number }> {
      const script = `
        const { openLedgerSource, openRpcFeed } = require('@parquetry/source');
        const { mkdtempSync, readFileSync } = require('node:fs');
        const range = ${JSON.stringify(ALL)};
        const [uri, root] = process.argv.slice(1);
        const read = async () => {
          for await (const _ of (await openRpcFeed(uri.slice(4), undefined, ${JSON.stringify(FAST)})).ledgers(range, []));
        };
        const pull = async () => {
          const dir = mkdtempSync(root + '/stage-');
          const source = await openLedgerSource(uri);
          const index = await source.prepare({ range, workDir: dir });
          await source.pull({ stageId: 's', range, datasets: index.datasets, index, stageDir: dir, spoolDir: dir });
        };
        (uri.startsWith('rpc:') ? read() : pull()).then(() => 'none', (error) => error.code).then((code) => {
          // ru_maxrss would begin with the memory of the process that forked this one.
          const peak = Number(/VmHWM:\\s+(\\d+) kB/.exec(readFileSync('/proc/self/status', 'latin1'))[1]) / 1024;
          console.log(JSON.stringify({ code, peak }));
          process.exit();
        });`;
      const cwd = path.resolve(__dirname, '../..');
      const { stdout } = await promisify(execFile)(process.execPath, ['-e', script, uri, root], { cwd });
      return JSON.parse(stdout) as { code: string; peak: number };
    }

    it('costs a lake no more memory than a ledger may have', async () => {
      const sound = await measure(`galexie:${lake}`);
      expect(sound.code).toBe('none');
      const large = await measure(`galexie:${await damaged(() => bomb(10_000))}`);
      expect(large.code).toBe('SOURCE_CORRUPT');
      // Refused from its block headers.
      expect(large.peak).toBeLessThan(sound.peak + 32);
      const allowed = await measure(`galexie:${await damaged(() => bomb(1600))}`);
      expect(allowed.code).toBe('SOURCE_CORRUPT');
      // Decompressed, because a ledger could have that size.
      expect(allowed.peak).toBeLessThan(sound.peak + 200 + 96);
    }, 60_000);

    it('costs a node’s reader no more memory than an answer may have', async () => {
      const node = await RpcNode.start(ledgers, SAMPLE_NETWORK);
      try {
        const sound = await measure(`rpc:${node.url}`);
        expect(sound.code).toBe('none');
        const body = gzipSync(Buffer.alloc(200 << 20, ' '));
        node.fault = ({ method }) =>
          method === 'getLedgers' ? { body, headers: { 'content-encoding': 'gzip' } } : undefined;
        const bombed = await measure(`rpc:${node.url}`);
        expect(bombed.code).toBe('SOURCE_CORRUPT');
        expect(bombed.peak).toBeLessThan(sound.peak + 3 * (FAST.maxAnswer / 2 ** 20) + 32);
      } finally {
        await node.close();
      }
    }, 60_000);
  });
});

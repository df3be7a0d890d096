import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { compress, decompress } from '@mongodb-js/zstd';
import type { Reject, StageManifest } from '@parquetry/core';
import { readBatchHeader, readLedger } from '@parquetry/stellar';
import { openGalexieSource } from '../galexie/source';
import { DATA, SKIPPED, hasData, pullLake } from '../galexie/testing/data';
import { openLakeFeed } from './lakefeed';
import { ledgerTailIndex, openLedgerTail } from '../tail/ledgers';

const test = hasData ? it : it.skip;
const RANGE = { start: 63092984, end: 63092991 };
const TYPES = ['ledgers', 'transactions', 'accounts'];
/** Its object has ledgers 63092984–63092987. */
const LEDGER = 63092985;
const OBJECT = 'FC3D4707--63092984-63092987.xdr.zst';

describe(`a lake with a ledger that this version does not know${SKIPPED}`, () => {
  let lake: string;
  let work: string;
  beforeEach(async () => {
    work = await mkdtemp(path.join(os.tmpdir(), 'parquetry-keep-'));
    lake = path.join(work, 'lake');
    await cp(path.join(DATA, 'lakes/pubnet-4x1'), lake, { recursive: true });
  });
  afterEach(() => rm(work, { recursive: true }));

  /** Changes the ledger's XDR; returns it. */
  async function change(
    edit: (bytes: Buffer, ledger: ReturnType<typeof readLedger>) => void,
  ): Promise<Buffer> {
    const file = path.join(lake, OBJECT);
    const bytes = await decompress(await readFile(file));
    let { start: sequence, offset } = readBatchHeader(bytes, OBJECT);
    for (; sequence < LEDGER; sequence++) offset = readLedger(bytes, offset, OBJECT).meta.xdrEnd;
    const ledger = readLedger(bytes, offset, OBJECT);
    edit(bytes, ledger);
    await writeFile(file, await compress(bytes));
    return bytes.subarray(offset, ledger.meta.xdrEnd);
  }

  /** The meta of the third transaction has a version of the future. */
  const newMeta = (bytes: Buffer, { meta }: ReturnType<typeof readLedger>): void => {
    bytes.writeUInt32BE(9, meta.value.txProcessing[2]?.txApplyProcessing.xdrStart ?? 0);
  };

  async function pull(
    unknown?: 'keep',
  ): Promise<{ manifest: StageManifest; rejects: (type: string) => Promise<Reject[]> }> {
    const source = await openGalexieSource(lake);
    const index = await source.prepare({ range: RANGE, workDir: work, types: TYPES });
    const { datasets } = index;
    const dirs = { stageDir: work, spoolDir: work };
    const manifest = await source.pull({ stageId: 's', range: RANGE, datasets, index, unknown, ...dirs });
    const rejects = async (type: string): Promise<Reject[]> =>
      (await readFile(path.join(work, `${type}.rejects.ndjson`), 'utf8'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Reject);
    return { manifest, rejects };
  }

  test('fails with ledger, type and byte by default', async () => {
    await change(newMeta);
    const failed = pull();
    await expect(failed).rejects.toMatchObject({
      code: 'PROTOCOL_UNSUPPORTED',
      details: { source: OBJECT, ledger: LEDGER, protocol: 26 },
    });
    await expect(failed).rejects.toThrow(/TransactionMeta arm 9 of ledger 63092985.* \(byte \d+\)/);
  });

  test('keeps it as a reject of each message type, and the rows of all other ledgers', async () => {
    const whole = await pullLake(lake, RANGE, TYPES);
    const xdr = await change(newMeta);
    const { manifest, rejects } = await pull('keep');
    for (const [index, staged] of manifest.datasets.entries()) {
      const before = whole.manifest.datasets[index];
      const others = before?.ledgers.filter(({ ledger }) => ledger !== LEDGER);
      expect(staged.ledgers).toEqual(others);
      expect(staged).toMatchObject({ rejected: 1, rejectedLedgers: [{ ledger: LEDGER, rejected: 1 }] });
      expect(staged.messages).toBe(staged.rows + 1);
      expect(staged.contentHash).not.toBe(before?.contentHash);
    }
    // Its header could be read, so the chain of hashes goes through it.
    expect(manifest.proof).toEqual(whole.manifest.proof);
    const [first] = await rejects('ledgers');
    expect(first).toMatchObject({
      code: 'UNKNOWN_XDR',
      reason: expect.stringContaining('TransactionMeta arm 9 of ledger 63092985, protocol 26') as string,
      dataset: 'ledgers',
      ledger: LEDGER,
      position: OBJECT,
      length: xdr.length,
      sha256: createHash('sha256').update(xdr).digest('hex'),
    });
    expect(Buffer.from(first?.raw_base64 ?? '', 'base64').equals(xdr)).toBe(true);
    const [other] = await rejects('accounts');
    expect(other).toMatchObject({ sha256: first?.sha256, offset: first?.offset, length: first?.length });
    expect(Buffer.from(other?.raw_base64 ?? '', 'base64').equals(xdr.subarray(0, 48))).toBe(true);
  });

  test('declares its coverage when the header has the unknown value', async () => {
    await change((bytes, { meta }) => bytes.writeUInt32BE(9, meta.value.ledgerHeader.header.xdrEnd - 4));
    const { manifest, rejects } = await pull('keep');
    expect(manifest.proof).toEqual({ kind: 'declared' });
    expect(manifest.datasets.map(({ rejected }) => rejected)).toEqual([1, 1, 1]);
    expect(await rejects('transactions')).toHaveLength(1);
  });

  test('is followed by a tail without its rows', async () => {
    await change(newMeta);
    const feed = await openLakeFeed(lake);
    const options = { cursor: RANGE.start, types: TYPES, lag: 0, index: ledgerTailIndex(feed, TYPES) };
    await expect(openLedgerTail(feed, options).look()).rejects.toMatchObject({
      code: 'PROTOCOL_UNSUPPORTED',
    });
    const { closed, facts } = await openLedgerTail(feed, { ...options, unknown: 'keep' }).look();
    expect(closed).toBe(RANGE.end);
    expect(facts.find(({ ledger }) => ledger === LEDGER)?.rows.size).toBe(0);
    expect(facts).toHaveLength(8);
    expect(facts[1]?.closeTimeMicros).toBeGreaterThan(facts[0]?.closeTimeMicros ?? Infinity);
  });
});

import { cp, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { compress, decompress } from '@mongodb-js/zstd';
import type { LedgerRange } from '@parquetry/core';
import { readLedger } from '@parquetry/stellar';
import { readManifest } from '../stage/manifest';
import { openGalexieSource } from './source';
import { DATA, SKIPPED, golden, hasData, pullLake } from './testing/data';

const test = hasData ? it : it.skip;
const lakeOf = (name: string): string => path.join(DATA, 'lakes', name);
const TEN: LedgerRange = { start: 63092982, end: 63092991 };
const FOLDER = 'FC3E15FF--63040000-63103999';
const OBJECT = `${FOLDER}/FC3D4706--63092985.xdr.zst`;

describe(`galexie source${SKIPPED}`, () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), 'parquetry-source-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  const copyLake = async (name: string): Promise<string> => {
    await cp(lakeOf(name), path.join(root, 'lake'), { recursive: true });
    return path.join(root, 'lake');
  };

  test('offers the default types and the network, and refuses unknown types', async () => {
    const source = await openGalexieSource(lakeOf('pubnet-1x64000'));
    const index = await source.prepare({ range: TEN, workDir: root });
    expect(index.datasets.map(({ dataset }) => dataset)).toEqual([
      'ledgers',
      'transactions',
      'contract_data',
      'contract_events',
    ]);
    expect(index.network).toBe('Public Global Stellar Network ; September 2015');
    const asked = source.prepare({ range: TEN, workDir: root, types: ['ledgers', 'blocks'] });
    await expect(asked).rejects.toMatchObject({ code: 'MESSAGE_TYPE_UNKNOWN', exitCode: 2 });
    await expect(asked).rejects.toThrow(
      /"blocks"; it has ledgers, transactions, .*, token_transfers, .*, restored_key\./,
    );
  });

  it('refuses a path that is not a folder', async () => {
    await expect(openGalexieSource(path.join(root, 'nowhere'))).rejects.toMatchObject({
      code: 'SOURCE_NOT_FOUND',
    });
  });

  test('detects the network of a lake without a manifest', async () => {
    const source = await openGalexieSource(lakeOf('pubnet-old'));
    const range = { start: 53312000, end: 53312000 };
    const index = await source.prepare({ range, workDir: root });
    expect(index.network).toBe('Public Global Stellar Network ; September 2015');
    expect(index.bytesRead).toBe(
      (await readFile(path.join(lakeOf('pubnet-old'), 'FCD285FF--53312000.xdr.zstd'))).length,
    );
  });

  test('counts staged rows per ledger and column, and writes the manifest last', async () => {
    const source = await openGalexieSource(lakeOf('pubnet-1x64000'));
    const index = await source.prepare({ range: TEN, workDir: root });
    const ledgers: (number | undefined)[] = [];
    const manifest = await source.pull({
      stageId: 's1',
      range: TEN,
      datasets: index.datasets,
      index,
      stageDir: root,
      spoolDir: root,
      onProgress: ({ ledger }) => ledgers.push(ledger),
    });
    expect(await readManifest(root)).toEqual(manifest);
    expect(ledgers).toEqual(Array.from({ length: 10 }, (_, index) => TEN.start + index));
    const [header, transactions, data, events] = manifest.datasets;
    expect([header?.rows, transactions?.rows, data?.rows, events?.rows]).toEqual([10, 2650, 213, 12651]);
    expect(header?.columns['sequence']).toEqual({ nulls: 0, min: '63092982', max: '63092991' });
    expect(header?.columns['total_coins']).toEqual({
      nulls: 0,
      min: '1054439020873472865',
      max: '1054439020873472865',
    });
    const expected = await golden('pubnet-63092982-63092991', 'transactions');
    const plain = expected.filter((row) => !('fee_account' in row)).length;
    expect(transactions?.columns['fee_account']).toEqual({ nulls: plain });
    expect(transactions?.ledgers).toHaveLength(10);
    expect(transactions?.ledgers.reduce((sum, { rows }) => sum + rows, 0)).toBe(2650);
    expect(transactions?.ledgers[0]?.closeTimeMicros).toBe(Date.UTC(2026, 5, 19, 0, 20, 52) * 1000);
    for (const { sorted, rejected, contentHash } of manifest.datasets) {
      expect([sorted, rejected]).toEqual([true, 0]);
      expect(contentHash).toBe(header?.contentHash);
    }
    const objects = await readdir(path.join(lakeOf('pubnet-1x64000'), FOLDER));
    const sizes = await Promise.all(
      objects.map(async (name) => (await readFile(path.join(lakeOf('pubnet-1x64000'), FOLDER, name))).length),
    );
    expect(manifest.bytesRead).toBe(sizes.reduce((sum, size) => sum + size, 0));
    expect(manifest.proof.kind).toBe('chain');
  });

  test('stages the same rows for a range that begins inside an object, in any lake', async () => {
    const range = { start: 63092985, end: 63092990 };
    const one = await pullLake(lakeOf('pubnet-1x64000'), range);
    for (const lake of ['pubnet-2x8', 'pubnet-4x1']) {
      const other = await pullLake(lakeOf(lake), range);
      expect(other.raw).toEqual(one.raw);
      expect(other.manifest.datasets).toEqual(one.manifest.datasets);
      expect(other.manifest.proof).toEqual(one.manifest.proof);
    }
    const whole = await pullLake(lakeOf('pubnet-1x64000'), TEN, ['ledgers']);
    const rows = whole.rows.get('ledgers') ?? [];
    expect(one.manifest.proof).toEqual({
      kind: 'chain',
      firstPreviousHash: rows[2]?.['ledger_hash'],
      lastHash: rows[8]?.['ledger_hash'],
    });
  });

  test('reads .zstd names in a lake with a manifest too', async () => {
    const lake = await copyLake('testnet-997-999');
    const folder = path.join(lake, 'FFFFFFFF--0-63999');
    await rename(path.join(folder, 'FFFFFC19--998.xdr.zst'), path.join(folder, 'FFFFFC19--998.xdr.zstd'));
    const { manifest } = await pullLake(lake, { start: 997, end: 999 });
    expect(manifest.datasets[0]?.rows).toBe(3);
  });

  test('names the ledger and the object when one is missing, and leaves no manifest', async () => {
    const lake = await copyLake('pubnet-1x64000');
    await rm(path.join(lake, OBJECT));
    const source = await openGalexieSource(lake);
    const index = await source.prepare({ range: TEN, workDir: root });
    const { datasets } = index;
    const pull = source.pull({ stageId: 's', range: TEN, datasets, index, stageDir: root, spoolDir: root });
    await expect(pull).rejects.toMatchObject({
      code: 'LEDGER_MISSING',
      retryable: false,
      details: { ledger: 63092985, object: OBJECT },
    });
    await expect(readManifest(root)).rejects.toMatchObject({ code: 'STAGE_LOST' });
  });

  test('names the ledger when a batch ends before it', async () => {
    const lake = lakeOf('pubnet-4x1');
    await expect(pullLake(lake, { start: 63092990, end: 63092993 })).rejects.toMatchObject({
      code: 'LEDGER_MISSING',
      details: { ledger: 63092992 },
    });
    await expect(pullLake(lake, { start: 1, end: 2 })).rejects.toMatchObject({ code: 'LEDGER_MISSING' });
  });

  test('detects a flipped bit, a truncated object and an object under another name', async () => {
    const lake = await copyLake('pubnet-1x64000');
    const file = path.join(lake, OBJECT);
    const original = await readFile(file);
    const damaged = Buffer.from(original);
    damaged[50_000] = (damaged[50_000] ?? 0) ^ 4;
    const other = await readFile(path.join(lake, FOLDER, 'FC3D4709--63092982.xdr.zst'));
    for (const bytes of [damaged, original.subarray(0, 100_000), Buffer.alloc(0), other]) {
      await writeFile(file, bytes);
      await expect(pullLake(lake, TEN, ['ledgers'])).rejects.toMatchObject({
        code: 'SOURCE_CORRUPT',
        details: { object: OBJECT },
      });
    }
  });

  test('detects a well-formed ledger with changed content: the proof fails', async () => {
    const lake = await copyLake('pubnet-1x64000');
    const file = path.join(lake, OBJECT);
    const bytes = await decompress(await readFile(file));
    // Another byte in the header: a well-formed ledger, but not one that the network closed.
    const { header } = readLedger(bytes, 12, OBJECT).meta.value.ledgerHeader;
    bytes[header.xdrEnd - 5] = (bytes[header.xdrEnd - 5] ?? 0) ^ 1;
    await writeFile(file, await compress(bytes));
    await expect(pullLake(lake, TEN, ['ledgers'])).rejects.toMatchObject({
      code: 'CHAIN_BROKEN',
      details: { ledger: 63092985 },
    });
  });

  test('counts the ledgers in which lumens appear or disappear, and keeps their rows', async () => {
    const STATE = ['accounts', 'claimable_balances', 'liquidity_pools', 'contract_data'];
    const lake = await copyLake('pubnet-1x64000');
    const whole = await pullLake(lake, TEN, STATE);
    expect(whole.manifest.conservation).toEqual({
      contract: 'CAS3J7GYLGXMF6TDJBBYYSE3HQ6BBSMLNUQ34T6TZMYMW2EVH34XOWMA',
      proved: 9,
      failed: 0,
      unchecked: 1,
    });
    expect((await pullLake(lake, TEN, STATE.slice(1))).manifest.conservation).toBeUndefined();

    // No hash of the header covers a transaction's meta: here the balance before its fee.
    const file = path.join(lake, OBJECT);
    const bytes = await decompress(await readFile(file));
    const [first] = readLedger(bytes, 12, OBJECT).meta.value.txProcessing;
    const [state] = first?.feeProcessing ?? [];
    if (state?.type !== 'ledgerEntryState' || state.value.data.type !== 'account')
      throw new Error('no state');
    const balanceAt = state.value.data.xdrStart + 4 + 36;
    expect(bytes.readBigInt64BE(balanceAt)).toBe(state.value.data.value.balance);
    bytes.writeBigInt64BE(state.value.data.value.balance + 7n, balanceAt);
    await writeFile(file, await compress(bytes));
    const { manifest } = await pullLake(lake, TEN, STATE);
    expect(manifest.conservation).toMatchObject({
      proved: 8,
      failed: 1,
      first: { ledger: 63092985, stroops: '-7' },
    });
    expect(manifest.datasets.map(({ rows }) => rows)).toEqual(
      whole.manifest.datasets.map(({ rows }) => rows),
    );
  });

  test('fails with the name of the network when the passphrase is wrong', async () => {
    const lake = await copyLake('testnet-997-999');
    const manifest = path.join(lake, '.config.json');
    const text = await readFile(manifest, 'utf8');
    await writeFile(manifest, text.replace('Test SDF Network', 'Public Network'));
    await expect(pullLake(lake, { start: 997, end: 999 }, ['transactions'])).rejects.toMatchObject({
      code: 'SOURCE_CORRUPT',
      hint: expect.stringContaining('passphrase') as string,
    });
  });

  test('stops when its signal is aborted', async () => {
    const source = await openGalexieSource(lakeOf('pubnet-1x64000'));
    const index = await source.prepare({ range: TEN, workDir: root });
    const controller = new AbortController();
    const seen: unknown[] = [];
    const pull = source.pull({
      stageId: 's',
      range: TEN,
      datasets: index.datasets,
      index,
      stageDir: root,
      spoolDir: root,
      signal: controller.signal,
      onProgress: ({ ledger }) => {
        seen.push(ledger);
        controller.abort(new Error('stop'));
      },
    });
    await expect(pull).rejects.toThrow('stop');
    expect(seen).toEqual([63092982]);
    await expect(readManifest(root)).rejects.toMatchObject({ code: 'STAGE_LOST' });
  });
});

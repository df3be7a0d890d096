import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decompress } from '@mongodb-js/zstd';
import {
  BALANCE_COLUMNS,
  BALANCE_TABLES,
  ConservationCheck,
  checkLedger,
  lumensChanged,
  nativeContract,
  LedgerContext,
  objectKey,
  parseObjectKey,
  readLedger,
  stellarRows,
} from '@parquetry/stellar';
import { Keypair, TransactionBuilder, xdr } from '@stellar/stellar-base';
import { writeSampleLake } from './lake';
import { SAMPLE_NETWORK } from './options';

const networkIdOf = (passphrase: string): Buffer => createHash('sha256').update(passphrase).digest();

const sha256 = (...parts: Uint8Array[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

let root: string;
beforeAll(() => (root = mkdtempSync(join(tmpdir(), 'parquetry-sample-'))));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const files = (dir: string): string[] =>
  (readdirSync(dir, { recursive: true }) as string[])
    .filter((name) => statSync(join(dir, name)).isFile())
    .sort();

async function read(dir: string): Promise<Map<string, xdr.LedgerCloseMetaBatch>> {
  const batches = new Map<string, xdr.LedgerCloseMetaBatch>();
  for (const name of files(dir))
    if (name.endsWith('.zst'))
      batches.set(name, xdr.LedgerCloseMetaBatch.fromXDR(await decompress(readFileSync(join(dir, name)))));
  return batches;
}

describe('the sample lake', () => {
  let summary: Awaited<ReturnType<typeof writeSampleLake>>;
  let batches: Map<string, xdr.LedgerCloseMetaBatch>;
  let ledgers: xdr.LedgerCloseMetaV2[];

  beforeAll(async () => {
    summary = await writeSampleLake({ dir: join(root, 'lake') });
    batches = await read(summary.dir);
    ledgers = [...batches.values()]
      .flatMap((batch) => batch.ledgerCloseMeta().map((meta) => meta.v2()))
      .sort((a, b) => a.ledgerHeader().header().ledgerSeq() - b.ledgerHeader().header().ledgerSeq());
  }, 60_000);

  it('holds each ledger once, in objects with SEP-54 names and a manifest', () => {
    const layout = { ledgersPerBatch: 4, batchesPerPartition: 16 };
    expect(JSON.parse(readFileSync(join(summary.dir, '.config.json'), 'utf8'))).toEqual({
      networkPassphrase: SAMPLE_NETWORK,
      version: '1.0',
      compression: 'zstd',
      ...layout,
    });
    for (const [name, batch] of batches) {
      expect(name).toBe(objectKey(layout, batch.startSequence()));
      expect(parseObjectKey(name)).toMatchObject({ start: batch.startSequence(), end: batch.endSequence() });
      const inside = batch.ledgerCloseMeta().map((meta) => meta.v2().ledgerHeader().header().ledgerSeq());
      expect(inside).toEqual(Array.from({ length: 4 }, (_, index) => batch.startSequence() + index));
    }
    expect(ledgers).toHaveLength(200);
    expect([...batches.keys()][0]).toBe('FFF97F3F--426176-426239/FFF97F2B--426196-426199.xdr.zst');
    expect(summary).toMatchObject({
      ledgers: { start: 426_000, end: 426_199 },
      files: 50,
      transactions: ledgers.reduce((sum, ledger) => sum + ledger.txProcessing().length, 0),
    });
  });

  it('has correct hashes: header, chain, transaction set, results, transactions', () => {
    let previous: string | undefined;
    for (const ledger of ledgers) {
      const entry = ledger.ledgerHeader();
      const header = entry.header();
      expect(sha256(header.toXDR())).toBe(entry.hash().toString('hex'));
      if (previous !== undefined) expect(header.previousLedgerHash().toString('hex')).toBe(previous);
      previous = entry.hash().toString('hex');
      expect(sha256(ledger.txSet().toXDR())).toBe(header.scpValue().txSetHash().toString('hex'));
      const results = ledger.txProcessing().map((each) => each.result());
      expect(sha256(new xdr.TransactionResultSet({ results }).toXDR())).toBe(
        header.txSetResultHash().toString('hex'),
      );
      const envelopes = envelopesOf(ledger).map((envelope) =>
        TransactionBuilder.fromXDR(envelope.toXDR('base64'), SAMPLE_NETWORK),
      );
      expect(envelopes.map((each) => each.hash().toString('hex')).sort()).toEqual(
        results.map((each) => each.transactionHash().toString('hex')).sort(),
      );
      for (const each of envelopes) {
        const signer = Keypair.fromPublicKey('feeSource' in each ? each.feeSource : each.source);
        expect(signer.verify(each.hash(), each.signatures[0]?.signature() ?? Buffer.alloc(0))).toBe(true);
      }
    }
  });

  it('conserves lumens', () => {
    const check = new ConservationCheck();
    const contract = nativeContract(networkIdOf(SAMPLE_NETWORK));
    for (const ledger of ledgers) {
      const meta = new xdr.LedgerCloseMeta(2, ledger);
      const context = new LedgerContext(readLedger(meta.toXDR(), 0, 'sample'), SAMPLE_NETWORK);
      let change: bigint | undefined = 0n;
      for (const table of BALANCE_TABLES)
        for (const row of stellarRows(context, table)) {
          const each = lumensChanged(
            table,
            BALANCE_COLUMNS[table].map((column) => row[column]),
            contract,
          );
          change = change === undefined || each === undefined ? undefined : change + each;
        }
      const { header } = context;
      check.check({ ledger: context.sequence, coins: header.totalCoins, pool: header.feePool }, change);
    }
    expect(check.result('')).toMatchObject({ proved: 199, failed: 0, unchecked: 1 });
  });

  it('passes our own proof, and its rows agree with its headers', () => {
    const changes = new Map<unknown, number>();
    const kinds = new Set<unknown>();
    let big = 0;
    let events = 0;
    for (const meta of [...batches.values()].flatMap((batch) => batch.ledgerCloseMeta())) {
      const ledger = readLedger(meta.toXDR(), 0, 'sample');
      checkLedger(ledger);
      const context = new LedgerContext(ledger, SAMPLE_NETWORK);
      expect([...stellarRows(context, 'transactions')]).toHaveLength(context.transactions.length);
      events += [...stellarRows(context, 'contract_events')].length;
      for (const row of stellarRows(context, 'contract_data')) {
        changes.set(row['ledger_entry_change'], (changes.get(row['ledger_entry_change']) ?? 0) + 1);
        kinds.add(row['contract_key_type']).add(row['contract_durability']);
        const decoded = JSON.parse(String(row['val_decoded'])) as { i128?: string };
        if (decoded.i128 !== undefined && BigInt(decoded.i128) > 2n ** 64n) big += 1;
        if (row['balance_holder'] !== '') kinds.add('balance of a contract');
      }
    }
    for (const change of [0, 1, 2]) expect(changes.get(change)).toBeGreaterThan(20);
    expect(big).toBeGreaterThan(50);
    expect(events).toBeGreaterThanOrEqual(summary.contractEvents);
    expect([...kinds].sort()).toEqual([
      'ContractDataDurabilityPersistent',
      'ContractDataDurabilityTemporary',
      'ScValTypeScvLedgerKeyContractInstance',
      'ScValTypeScvVec',
      'balance of a contract',
    ]);
  });

  it('has an operation row for each operation of a transaction, and effects of successful ones only', () => {
    const types = new Set<unknown>();
    const effectTypes = new Set<unknown>();
    for (const meta of [...batches.values()].flatMap((batch) => batch.ledgerCloseMeta())) {
      const context = new LedgerContext(readLedger(meta.toXDR(), 0, 'sample'), SAMPLE_NETWORK);
      const [ledger] = [...stellarRows(context, 'ledgers')];
      const operations = [...stellarRows(context, 'operations')];
      expect(String(operations.length)).toBe(ledger?.['tx_set_operation_count']);
      for (const row of operations) {
        types.add(row['type_string']);
        expect(JSON.parse(String(row['details_json']))).toBeInstanceOf(Object);
      }
      const successful = new Set(context.transactions.filter((each) => each.successful).map(({ id }) => id));
      for (const row of stellarRows(context, 'effects')) {
        effectTypes.add(row['type_string']);
        expect(successful.has(((row['operation_id'] as bigint) >> 12n) << 12n)).toBe(true);
      }
    }
    expect([...types].sort()).toEqual(['invoke_host_function', 'payment']);
    expect([...effectTypes].sort()).toEqual([
      'account_credited',
      'account_debited',
      'contract_credited',
      'contract_debited',
    ]);
  });

  it('has what users should see: two days, empty ledgers, failures, fee bumps, diagnostics', () => {
    const times = ledgers.map((ledger) => Number(ledger.ledgerHeader().header().scpValue().closeTime()));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(new Set(times.map((time) => new Date(time * 1000).toISOString().slice(0, 10)))).toEqual(
      new Set(['2025-07-13', '2025-07-14']),
    );
    expect(summary).toMatchObject({ closedFrom: '2025-07-13T23:30:00Z', closedTo: '2025-07-14T00:30:00Z' });
    expect(ledgers.filter((ledger) => ledger.txProcessing().length === 0).length).toBeGreaterThan(5);
    const results = ledgers.flatMap((ledger) =>
      ledger.txProcessing().map((each) => each.result().result().result().switch().name),
    );
    expect(new Set(results)).toEqual(new Set(['txSuccess', 'txFailed', 'txFeeBumpInnerSuccess']));
    expect(results.filter((name) => name === 'txFailed')).toHaveLength(summary.failedTransactions);
    const metas = ledgers.flatMap((ledger) =>
      ledger.txProcessing().map((each) => each.txApplyProcessing().v4()),
    );
    expect(metas.some((meta) => meta.diagnosticEvents().length > 0)).toBe(true);
    expect(metas.some((meta) => meta.operations().length > 1)).toBe(true);
  });

  it('conserves money: balances and fees add up in every ledger', () => {
    const balances = new Map<string, bigint>();
    let total: bigint | undefined;
    for (const ledger of ledgers) {
      for (const change of changesOf(ledger)) {
        const entry = change.switch().name === 'ledgerEntryUpdated' ? change.updated().data() : undefined;
        const state = change.switch().name === 'ledgerEntryState' ? change.state().data() : undefined;
        for (const data of [state, entry])
          if (data?.switch().name === 'account') {
            const id = data.account().accountId().toXDR('hex');
            const balance = data.account().balance().toBigInt();
            if (data === entry) balances.set(id, balance);
            else if (balances.has(id)) expect(balance).toBe(balances.get(id));
            else balances.set(id, balance);
          }
      }
      if (balances.size < 24) continue;
      const sum = [...balances.values()].reduce((a, b) => a + b, 0n);
      const now = sum + ledger.ledgerHeader().header().feePool().toBigInt();
      total ??= now;
      expect(now).toBe(total);
    }
    expect(total).toBeDefined();
  });

  it('is the same, byte for byte, for the same options and no others', async () => {
    const again = await writeSampleLake({ dir: join(root, 'again') });
    const digest = (dir: string): string =>
      sha256(...files(dir).flatMap((name) => [Buffer.from(name), readFileSync(join(dir, name))]));
    expect(digest(again.dir)).toBe(digest(summary.dir));
    const raw = [...batches.values()].map((batch) => batch.toXDR());
    expect(sha256(...raw)).toBe('7b4543e1716f920d309cc8e852b4b48bb3362abcc8d49827e74311b054ef0052');
    expect(ledgers[199]?.ledgerHeader().hash().toString('hex')).toBe(
      '35bfa1ea461357071f1171b80f96f23f7f9c15c37962ae1f1eaa1a84a38fb471',
    );
    const other = await writeSampleLake({ dir: join(root, 'other'), ledgers: 3, seed: 'another' });
    const [batch] = (await read(other.dir)).values();
    const first = batch?.ledgerCloseMeta()[0]?.v2().ledgerHeader().hash();
    expect(first).not.toEqual(ledgers[0]?.ledgerHeader().hash());
  }, 60_000);

  it('is split as requested, also if it starts inside an object', async () => {
    const layout = { ledgersPerBatch: 8, batchesPerPartition: 1 };
    const { dir, files: count } = await writeSampleLake({
      ...{ dir: join(root, 'cut'), start: 1_003, ledgers: 10, layout, network: 'Another ; 2025' },
    });
    const cut = await read(dir);
    expect([...cut].map(([name, b]) => [name, b.startSequence(), b.endSequence()])).toEqual([
      ['FFFFFC0F--1008-1015.xdr.zst', 1008, 1012],
      ['FFFFFC17--1000-1007.xdr.zst', 1003, 1007],
    ]);
    expect(count).toBe(2);
  });

  it('does not touch a folder with other content', async () => {
    const full = join(root, 'full');
    mkdirSync(full);
    writeFileSync(join(full, 'a.txt'), 'mine');
    const refused = (options: object): Promise<unknown> =>
      expect(writeSampleLake({ dir: full, ...options })).rejects.toMatchObject({ exitCode: 2 });
    await refused({});
    await refused({ dir: join(full, 'a.txt') });
    await refused({ dir: summary.dir, ledgers: 10 });
    await refused({ dir: join(root, 'never'), start: 1 });
    await refused({ dir: join(root, 'never'), ledgers: 0 });
    expect(readdirSync(full)).toEqual(['a.txt']);
  });
});

function envelopesOf(ledger: xdr.LedgerCloseMetaV2): xdr.TransactionEnvelope[] {
  return ledger
    .txSet()
    .v1TxSet()
    .phases()
    .flatMap((phase) =>
      phase.switch() === 0
        ? phase.v0Components().flatMap((component) => component.txsMaybeDiscountedFee().txes())
        : phase.parallelTxsComponent().executionStages().flat(2),
    );
}

/** In the order in which they happened: fees, transactions, refunds. */
function changesOf(ledger: xdr.LedgerCloseMetaV2): xdr.LedgerEntryChange[] {
  const processing = ledger.txProcessing();
  return [
    ...processing.flatMap((each) => each.feeProcessing()),
    ...processing.flatMap((each) => {
      const meta = each.txApplyProcessing().v4();
      return [...meta.txChangesBefore(), ...meta.operations().flatMap((operation) => operation.changes())];
    }),
    ...processing.flatMap((each) => each.postTxApplyFeeProcessing()),
  ];
}

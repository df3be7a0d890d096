import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { compress, decompress } from '@mongodb-js/zstd';
import { Archive } from '@parquetry/archive';
import { type AuditFinding, auditArchive, proveArchive } from '@parquetry/audit';
import { DEFAULT_WRITE_SETTINGS, type LedgerRange } from '@parquetry/core';
import { writeSampleLake } from '@parquetry/sample';
import { openStore } from '@parquetry/storage';
import { objectKey, readLedger } from '@parquetry/stellar';
import type { Host } from '../../apps/worker/src/host';
import { runAll, testHost } from '../../apps/worker/src/testing/host';

const LAYOUT = { ledgersPerBatch: 1, batchesPerPartition: 64 };
const STATE = ['accounts', 'claimable_balances', 'liquidity_pools', 'contract_data'];

describe('conservation of lumens in an archive', () => {
  let dir: string;
  let host: Host;
  let end: () => Promise<void>;
  let lake: string;
  let range: LedgerRange;
  beforeAll(async () => {
    ({ dir, host, end } = await testHost('lumens'));
    lake = path.join(dir, 'lake');
    range = (await writeSampleLake({ dir: lake, ledgers: 12, layout: LAYOUT })).ledgers;
  });
  afterAll(() => end());

  /** Commits the lake in partitions of five ledgers. */
  async function archiveOf(name: string, types: readonly string[]): Promise<Archive> {
    const archive = path.join(dir, name);
    await runAll(host, {
      ...{ source: { uri: `galexie:${lake}` }, archive, range, types },
      ...{ partitionSize: 5, settings: DEFAULT_WRITE_SETTINGS, maxRejects: 0, verify: 'ledger' },
    });
    return Archive.open(openStore(archive));
  }

  const prove = async (archive: Archive): Promise<{ lumens: unknown; findings: readonly AuditFinding[] }> => {
    const scope = { anchors: [], damaged: new Set<string>(), rejected: new Map<string, LedgerRange[]>() };
    const proven = await proveArchive(archive, scope);
    return { lumens: proven?.proof.lumens, findings: proven?.findings ?? [] };
  };
  const recorded = async (
    archive: Archive,
  ): Promise<{ lumens: unknown; findings: readonly AuditFinding[] }> => {
    for await (const { lumens, findings } of auditArchive(archive, { datasets: ['accounts'], level: 'size' }))
      return { lumens, findings };
    throw new Error('no audit');
  };

  it('is proved for every ledger after the first, across partitions, from rows and from records', async () => {
    const archive = await archiveOf('whole', ['ledgers', ...STATE]);
    const { lumens, findings } = await prove(archive);
    expect(findings).toEqual([]);
    expect(lumens).toMatchObject({ proved: 11, unchecked: 1 });
    // The pulls did not have the ledger before each of the partitions.
    const starts =
      Math.floor(range.end / 5) - Math.floor((range.start - 1) / 5) + (range.start % 5 === 0 ? 0 : 1);
    const pulls = await recorded(archive);
    expect(pulls).toMatchObject({ lumens: { proved: 12 - starts, unchecked: starts }, findings: [] });
  });

  it('is not checked without one of the tables, and says why', async () => {
    const archive = await archiveOf('part', ['ledgers', ...STATE.slice(0, 2)]);
    const { lumens, findings } = await prove(archive);
    expect({ lumens, findings }).toEqual({
      lumens: {
        proved: 0,
        unchecked: 0,
        why: 'there are no liquidity_pools, contract_data with the columns of this version',
      },
      findings: [],
    });
    expect((await recorded(archive)).lumens).toBeUndefined();
  });

  it('fails in the ledger whose balances were altered, and its rows are committed', async () => {
    for (let ledger = range.start + 1; ; ledger++) {
      const object = path.join(lake, objectKey(LAYOUT, ledger));
      const bytes = await decompress(readFileSync(object));
      const [state] = readLedger(bytes, 12, object).meta.value.txProcessing[0]?.feeProcessing ?? [];
      if (state?.type !== 'ledgerEntryState' || state.value.data.type !== 'account') continue;
      // No hash of the header covers it. The account's type and key are before its balance.
      bytes.writeBigInt64BE(state.value.data.value.balance - 5n, state.value.data.xdrStart + 40);
      const sound = readFileSync(object);
      writeFileSync(object, await compress(bytes));
      const archive = await archiveOf('altered', ['ledgers', ...STATE]).finally(() =>
        writeFileSync(object, sound),
      );
      const { lumens, findings } = await prove(archive);
      expect(lumens).toMatchObject({ proved: 10, unchecked: 1 });
      expect(findings).toMatchObject([
        {
          ...{ code: 'CONSERVATION_BROKEN', fault: true, dataset: 'accounts' },
          range: { start: ledger, end: ledger },
          message: expect.stringContaining(`5 stroops appear in ledger ${ledger}`) as string,
        },
      ]);
      // A pull finds it too, unless the ledger is the first of its partition.
      const { findings: found } = await recorded(archive);
      expect(found.map(({ code }) => code)).toEqual(ledger % 5 === 0 ? [] : ['CONSERVATION_BROKEN']);
      return;
    }
  });
});

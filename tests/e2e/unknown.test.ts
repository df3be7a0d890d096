import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { compress, decompress } from '@mongodb-js/zstd';
import type { Reject } from '@parquetry/core';
import { writeSampleLake } from '@parquetry/sample';
import { objectKey, readBatchHeader, readLedger } from '@parquetry/stellar';
import type { BackfillResult } from '@parquetry/workflows';
import { Sandbox } from '../support/cli';

const LAYOUT = { ledgersPerBatch: 4, batchesPerPartition: 16 };
const TYPES = 'ledgers,transactions,operations,accounts,claimable_balances,liquidity_pools,contract_data';

describe('a lake with a ledger that this version does not know', () => {
  const sandbox = new Sandbox();
  beforeAll(async () => void (await sandbox.dev()), 60_000);
  afterAll(() => sandbox.dispose());

  it('is kept as rejects, proved around it, and replaced by rows when the ledger is known', async () => {
    const lake = sandbox.path('lake');
    const archive = sandbox.path('archive');
    const { start } = (await writeSampleLake({ dir: lake, ledgers: 20, layout: LAYOUT })).ledgers;
    const end = start + 19;
    // The second ledger of an object: its first transaction has a meta of the future.
    const object = path.join(lake, objectKey(LAYOUT, start + 4));
    const known = readFileSync(object);
    const bytes = await decompress(known);
    let { start: ledger, offset } = readBatchHeader(bytes, object);
    for (;;) {
      const { meta } = readLedger(bytes, offset, object);
      const [first] = meta.value.txProcessing;
      offset = meta.xdrEnd;
      if (ledger++ === start + 4 || first === undefined) continue;
      bytes.writeUInt32BE(9, first.txApplyProcessing.xdrStart);
      ledger -= 1;
      break;
    }
    writeFileSync(object, await compress(bytes));

    const backfill = [
      ...['backfill', '--source', `galexie:${lake}`, '--archive', archive, '--types', TYPES],
      ...['--ledgers', `${start}-${end}`, '--partition-size', '10', '--on-failure', 'fail'],
    ];
    const failed = await sandbox.json<{ error: { code: string; message: string } }>([
      ...backfill,
      ...['--archive', sandbox.path('strict')],
    ]);
    expect(failed.code).toBe(1);
    expect(JSON.stringify(failed.document)).toMatch(/PROTOCOL_UNSUPPORTED.*TransactionMeta arm 9/);

    const kept = await sandbox.json<BackfillResult>([...backfill, '--unknown', 'keep']);
    expect(kept.code).toBe(0);
    expect(kept.document.tally.rejected).toBe(7);
    const verify = async (): Promise<Verified> => {
      const { code, document } = await sandbox.json<Verified>(['verify', '--archive', archive, '--deep']);
      expect(code).toBe(0);
      return document;
    };
    const one = await verify();
    const gap = [{ start: ledger, end: ledger }];
    for (const { rejected, coverage, proof } of one.datasets)
      expect({ rejected, coverage, proof }).toEqual({
        rejected: gap,
        coverage: [{ start, end }],
        proof: 'chain',
      });
    expect(one.rows).toMatchObject({ headers: 19, results: 19, sets: 19, operations: 19 });
    // Neither the ledger nor the one after it: its totals are not in the rows.
    expect(one.rows.lumens).toMatchObject({ proved: 17, unchecked: 2 });
    const [rejects] = await rejectsOf(sandbox, archive);
    expect(rejects).toMatchObject({ code: 'UNKNOWN_XDR', ledger, dataset: 'ledgers' });
    const raw = Buffer.from(rejects?.raw_base64 ?? '', 'base64');
    expect(raw.equals(bytes.subarray(rejects?.offset, (rejects?.offset ?? 0) + raw.length))).toBe(true);

    // A version that knows the value reads the same bytes; here the ledger becomes known.
    writeFileSync(object, known);
    const replaced = await sandbox.json<BackfillResult>([...backfill, '--mode', 'replace']);
    expect(replaced.code).toBe(0);
    const two = await verify();
    expect(two.datasets.flatMap(({ rejected }) => rejected)).toEqual([]);
    expect(two.rows).toMatchObject({ headers: 20, operations: 20, lumens: { proved: 19, unchecked: 1 } });
  }, 240_000);
});

interface Verified {
  readonly datasets: readonly { rejected: unknown; coverage: unknown; proof: string }[];
  readonly rows: Readonly<Record<string, unknown>>;
}

/** The committed rejects of `ledgers`. */
async function rejectsOf(sandbox: Sandbox, root: string): Promise<Reject[]> {
  const { Archive } = await import('@parquetry/archive');
  const { openStore } = await import('@parquetry/storage');
  const archive = await Archive.open(openStore(root));
  const found: Reject[] = [];
  const dataset = archive.dataset('ledgers');
  for (const { id } of (await dataset.snapshot()).segments) {
    const { rejects } = (await dataset.segment(id)).identity;
    if (rejects === null) continue;
    const lines = readFileSync(path.join(sandbox.path('archive'), rejects.key), 'utf8')
      .trim()
      .split('\n');
    found.push(...lines.map((line) => JSON.parse(line) as Reject));
  }
  return found;
}

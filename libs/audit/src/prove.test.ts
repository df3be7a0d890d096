import { createHash } from 'node:crypto';
import { resultSetHashOf } from '@parquetry/stellar';
import { type Anchor, type LedgerResults, type LedgerRow, proveRows } from './prove';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const hash = (text: string): string => sha256(Buffer.from(text));

/** LedgerHeader XDR, field by field as in the protocol. */
function headerXdr(ledger: number, previous: string, results: string): Buffer {
  const uint32 = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const scpValue = [Buffer.alloc(32, 1), Buffer.alloc(8), uint32(0), uint32(0)];
  const coins = [Buffer.alloc(8), Buffer.alloc(8), uint32(0), Buffer.alloc(8)];
  const fees = [uint32(100), uint32(5_000_000), uint32(1000)];
  return Buffer.concat([
    uint32(22),
    Buffer.from(previous, 'hex'),
    ...scpValue,
    Buffer.from(results, 'hex'),
    Buffer.alloc(32, 2),
    uint32(ledger),
    ...coins,
    ...fees,
    Buffer.alloc(128),
    uint32(0),
  ]);
}

/** Ledgers 10–19 with 0, 1 or 2 transactions each, chained. */
function chain(): { ledgers: LedgerRow[]; transactions: LedgerResults[] } {
  const ledgers: LedgerRow[] = [];
  const transactions: LedgerResults[] = [];
  let previousHash = hash('ledger 9');
  for (let ledger = 10; ledger < 20; ledger++) {
    const results = Array.from({ length: ledger % 3 }, (_, index) => ({
      hash: hash(`transaction ${ledger}/${index}`),
      result: Buffer.from(`result ${ledger}/${index}`),
    }));
    const header = headerXdr(ledger, previousHash, resultSetHashOf(results));
    ledgers.push({ ledger, hash: sha256(header), previousHash, header: header.toString('base64') });
    if (results.length > 0) transactions.push({ ledger, results });
    previousHash = sha256(header);
  }
  return { ledgers, transactions };
}

async function* stream<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function prove(
  { ledgers, transactions } = chain(),
  anchors: readonly Anchor[] = [],
  hasResults: (ledger: number) => boolean = () => true,
): Promise<{ headers: number; results: number; anchored: unknown; codes: string[] }> {
  const names = { ledgers: 'ledgers', transactions: 'transactions' };
  const { proof, findings } = await proveRows({
    ledgers: stream(ledgers),
    transactions: stream(transactions),
    hasResults,
    names,
    anchors,
  });
  return {
    ...proof,
    codes: findings.map(({ code, dataset, range }) => `${code} ${dataset} ${range?.start ?? ''}`),
  };
}

describe('the proof from rows alone (invariant 8)', () => {
  it('holds for a complete chain, and a trusted hash anchors earlier ledgers', async () => {
    const { ledgers } = chain();
    expect(await prove()).toEqual({ headers: 10, results: 10, anchored: [], codes: [] });
    const trusted = { ledger: 15, hash: ledgers[5]?.hash ?? '' };
    expect(await prove(chain(), [trusted])).toMatchObject({ anchored: [{ start: 10, end: 15 }], codes: [] });
    const gap = chain();
    gap.ledgers.splice(2, 1);
    gap.transactions.splice(0, 0);
    expect(await prove(gap, [trusted])).toMatchObject({
      headers: 9,
      anchored: [{ start: 13, end: 15 }],
      codes: [],
    });
  });

  it('fails for another trusted hash, and for one of a ledger without a row', async () => {
    const anchors = [
      { ledger: 12, hash: hash('other') },
      { ledger: 50, hash: hash('other') },
    ];
    expect((await prove(chain(), anchors)).codes).toEqual([
      'TRUST_MISMATCH ledgers 12',
      'TRUST_MISSING ledgers 50',
    ]);
  });

  it('fails for a changed header, a header of another ledger and a broken chain', async () => {
    const at = (change: (row: LedgerRow, all: LedgerRow[]) => LedgerRow): Promise<{ codes: string[] }> => {
      const { ledgers, transactions } = chain();
      ledgers[4] = change(ledgers[4] as LedgerRow, ledgers);
      return prove({ ledgers, transactions });
    };
    const bitFlip = await at((row) => {
      const bytes = Buffer.from(row.header, 'base64');
      bytes[300] = (bytes[300] ?? 0) ^ 1;
      return { ...row, header: bytes.toString('base64') };
    });
    expect(bitFlip.codes).toEqual(['HASH_MISMATCH ledgers 14']);
    const moved = await at((row, all) => ({ ...(all[6] as LedgerRow), ledger: row.ledger }));
    expect(moved.codes[0]).toBe('HASH_MISMATCH ledgers 14');
    const rehashed = await at((row) => {
      const header = headerXdr(14, row.previousHash, resultSetHashOf([]));
      return { ...row, header: header.toString('base64'), hash: sha256(header) };
    });
    // The forged ledger is consistent; its results are not, and the next ledger does not chain to it.
    expect(rehashed.codes).toEqual(['HASH_MISMATCH transactions 14', 'CHAIN_BROKEN ledgers 15']);
    const cut = await at((row) => ({ ...row, header: row.header.slice(0, 100), hash: hash('') }));
    expect(cut.codes).toEqual(['HASH_MISMATCH ledgers 14', 'CHAIN_BROKEN ledgers 15']);
  });

  it('fails for a missing, added, changed or reordered transaction', async () => {
    const change = async (edit: (all: LedgerResults[]) => LedgerResults[]): Promise<string[]> => {
      const { ledgers, transactions } = chain();
      return (await prove({ ledgers, transactions: edit(transactions) })).codes;
    };
    const [first] = chain().transactions.filter(({ results }) => results.length === 2);
    const ledger = first?.ledger ?? 0;
    const results = first?.results ?? [];
    const set = (other: LedgerResults['results']) => (all: LedgerResults[]) =>
      all.map((entry) => (entry.ledger === ledger ? { ledger, results: other } : entry));
    const expected = [`HASH_MISMATCH transactions ${ledger}`];
    expect(await change(set(results.slice(1)))).toEqual(expected);
    expect(await change(set([...results, ...results]))).toEqual(expected);
    expect(await change(set([...results].reverse()))).toEqual(expected);
    expect(await change(set(results.map(({ result }) => ({ hash: hash('x'), result }))))).toEqual(expected);
    expect(await change((all) => all.filter((entry) => entry.ledger !== ledger))).toEqual(expected);
  });

  it('counts only ledgers whose transactions are all in the archive', async () => {
    const { ledgers, transactions } = chain();
    const half = { ledgers, transactions: transactions.filter(({ ledger }) => ledger < 15) };
    expect(await prove(half, [], (ledger) => ledger < 15)).toEqual({
      headers: 10,
      results: 5,
      anchored: [],
      codes: [],
    });
  });
});

import { generateKeyPairSync } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { compress, decompress } from '@mongodb-js/zstd';
import { Archive } from '@parquetry/archive';
import { compareArchives, type DatasetComparison, isEqual, type RowDifference } from '@parquetry/audit';
import { writeSampleLake, writeSampleMessages } from '@parquetry/sample';
import { type ObjectStore, openStore } from '@parquetry/storage';
import { itWithData, Sandbox, TEST_DATA } from '../support/cli';
import { S3_KEYS, startS3, type StorageServer, WEED } from '../support/servers';

interface Compared {
  readonly equal: boolean;
  readonly datasets: readonly DatasetComparison[];
  readonly rows?: readonly RowDifference[];
  readonly error?: { readonly code: string; readonly message: string };
}
interface Attested {
  readonly error?: { readonly code: string; readonly message: string };
}

const sandbox = new Sandbox();
let server: StorageServer | undefined;
const env: Record<string, string> = {};
const saved = { ...process.env };

beforeAll(async () => {
  if (WEED !== undefined) {
    server = await startS3();
    await server.createBucket('lake');
    Object.assign(env, {
      AWS_ACCESS_KEY_ID: S3_KEYS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: S3_KEYS.secretAccessKey,
      AWS_ENDPOINT_URL_S3: server.endpoint,
    });
    Object.assign(process.env, env);
  }
  await sandbox.dev([], env);
}, 120_000);
afterAll(async () => {
  await sandbox.dispose();
  await server?.stop();
  process.env = saved;
});

/** The second archive is on S3 where a server is there. */
const elsewhere = (name: string): string => (WEED === undefined ? sandbox.path(name) : `s3://lake/${name}`);

/** Other files for the same rows. */
const OTHER = [
  ...['--layout', 'ledger_range', '--ledgers-per-folder', '3', '--compression', 'zstd'],
  ...['--partition-size', '3', '--sort-by', 'closed_at', '--portable-integers', '--buffer-size', '100'],
];

async function backfill(source: string, archive: string, ledgers: string, ...more: string[]): Promise<void> {
  const args = ['backfill', '--source', source, '--archive', archive, '--ledgers', ledgers, ...more];
  const { code, stderr } = await sandbox.run(args, env);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
}

async function compare(a: string, b: string, ...more: string[]): Promise<Compared & { code: number | null }> {
  const { code, document } = await sandbox.json<Compared>(['compare', a, b, ...more], env);
  return { code, ...document };
}

/** Counts the reads of data files. */
function counting(root: string): { store: ObjectStore; reads: () => number } {
  let reads = 0;
  const note = (key: string): void => {
    if (key.endsWith('.parquet') && !key.includes('_delta_log')) reads += 1;
  };
  const store = new Proxy(openStore(root), {
    get(target, name) {
      const member = Reflect.get(target, name) as unknown;
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        if (['get', 'getRange', 'localPath', 'sha256', 'holds'].includes(String(name))) note(String(args[0]));
        return (member as (...given: unknown[]) => unknown).apply(target, args);
      };
    },
  });
  return { store, reads: () => reads };
}

/** Compares without the command; returns the comparison, the reads of data files and the milliseconds. */
async function counted(a: string, b: string) {
  const sides = [counting(a), counting(b)];
  const began = performance.now();
  const [one, other] = await Promise.all(sides.map(({ store }) => Archive.open(store)));
  const found: DatasetComparison[] = [];
  for await (const each of compareArchives(one as Archive, other as Archive)) found.push(each);
  const took = performance.now() - began;
  return { found, reads: sides.reduce((sum, side) => sum + side.reads(), 0), took };
}

describe('two archives of the same ledgers', () => {
  const ledgers = '426000-426011';
  const first = sandbox.path('sample');

  it('are equal whatever their layout, codec, order, integers, partitions and store', async () => {
    await writeSampleLake({ dir: sandbox.path('lake'), ledgers: 12, start: 426_000 });
    const source = `galexie:${sandbox.path('lake')}`;
    const all = ['--types', 'all'];
    await backfill(source, first, ledgers, ...all);
    await backfill(source, elsewhere('sample-other'), ledgers, ...all, ...OTHER);
    const { found, reads } = await counted(first, elsewhere('sample-other'));
    expect(found.length).toBe(20);
    expect(found.map(({ dataset, equal }) => [dataset, equal])).toEqual(
      found.map(({ dataset }) => [dataset, 12]),
    );
    expect(found.every(isEqual)).toBe(true);
    expect(reads).toBe(0);
    expect(await compare(first, elsewhere('sample-other'))).toMatchObject({ code: 0, equal: true });
  }, 120_000);

  it('tell what is missing, and keep their hashes when they are compacted', async () => {
    const source = `galexie:${sandbox.path('lake')}`;
    const part = sandbox.path('part');
    await backfill(source, part, '426002-426007', '--types', 'trades,ledgers', '--partition-size', '1');
    const less = await compare(first, part, '--dataset', 'trades');
    const range = (start: number, end: number) => ({ start, end });
    expect(less).toMatchObject({
      code: 1,
      equal: false,
      error: { code: 'ARCHIVES_DIFFER', message: expect.stringContaining('6 ledgers only in A') as string },
    });
    expect(less.datasets).toEqual([
      {
        ...{ dataset: 'trades', equal: 6, differ: [], onlyB: [], neither: [], unhashedA: [], unhashedB: [] },
        onlyA: [range(426_000, 426_001), range(426_008, 426_011)],
      },
    ]);
    const compacted = await sandbox.run(['compact', '--archive', part], env);
    expect(compacted.code).toBe(0);
    const again = await compare(part, first, '--ledgers', '426002-426007', '--dataset', 'trades');
    expect(again).toMatchObject({ code: 0, equal: true });
    const deep = await sandbox.json<{ datasets: { rowHashes: { checked: number } }[] }>(
      ['verify', '--archive', part, '--deep', '--ledgers', '426002-426007'],
      env,
    );
    expect(deep.document.datasets.map(({ rowHashes }) => rowHashes.checked)).toEqual([6, 6]);
  }, 120_000);

  it('of messages get their hashes on request, or later; a changed value is named', async () => {
    const [file, changed] = [sandbox.path('messages.ndjson'), sandbox.path('changed.ndjson')];
    await writeSampleMessages({ file, ledgers: 4, start: 426_000 });
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const at = lines.findIndex((line) => /"contract_key_type":"\w+"/.test(line));
    const [, before = ''] = /"contract_key_type":"(\w+)"/.exec(lines[at] ?? '') ?? [];
    const ledger = Number(/"ledger_sequence":(\d+)/.exec(lines[at] ?? '')?.[1]);
    expect({ before, ledger }).toEqual({
      before: expect.stringContaining('ScVal') as string,
      ledger: expect.any(Number) as number,
    });
    writeFileSync(
      changed,
      `${lines.map((line, index) => (index === at ? line.replace(`"${before}"`, '"Changed"') : line)).join('\n')}\n`,
    );
    const [a, b] = [sandbox.path('messages'), sandbox.path('changed')];
    const range = '426000-426003';
    await backfill(`ndjson:${file}`, a, range, '--row-hashes');
    await backfill(`ndjson:${changed}`, b, range, '--layout', 'hour', '--partition-size', '2');
    const without = await compare(a, b);
    expect(without).toMatchObject({ code: 1, equal: false });
    expect(without.datasets.every(({ unhashedB }) => unhashedB.length === 1)).toBe(true);
    const added = await sandbox.run(['verify', '--archive', b, '--deep', '--add-row-hashes'], env);
    expect({ code: added.code, stderr: added.stderr }).toMatchObject({ code: 0 });
    const found = await compare(a, b, '--rows');
    expect(found.datasets.filter((each) => !isEqual(each))).toMatchObject([
      { dataset: 'contract_data', equal: 3, differ: [{ start: ledger, end: ledger }] },
    ]);
    expect(found.rows).toEqual([
      expect.objectContaining({
        dataset: 'contract_data',
        ledger,
        columns: [{ column: 'contract_key_type', a: `"${before}"`, b: '"Changed"' }],
      }),
    ]);
  }, 120_000);

  it('can be attested: the archive may grow, and other rows are refused', async () => {
    const file = (name: string): string => sandbox.path(name);
    for (const [name, { privateKey, publicKey }] of [
      ['ed', generateKeyPairSync('ed25519')],
      ['ec', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ] as const) {
      writeFileSync(file(`${name}.pem`), privateKey.export({ type: 'pkcs8', format: 'pem' }));
      writeFileSync(file(`${name}.pub`), publicKey.export({ type: 'spki', format: 'pem' }));
    }
    const grown = file('grown');
    const source = `galexie:${file('lake')}`;
    await backfill(source, grown, '426000-426007');
    for (const name of ['ed', 'ec']) {
      const args = ['--archive', grown, '--key', file(`${name}.pem`), '--out', file(`${name}.json`)];
      expect((await sandbox.run(['attest', ...args], env)).code).toBe(0);
    }
    const check = (archive: string, name: string, key = name) =>
      sandbox.json<Attested>(
        ['verify', '--archive', archive, '--attestation', file(`${name}.json`), '--key', file(`${key}.pub`)],
        env,
      );
    await backfill(source, grown, '426008-426011');
    for (const name of ['ed', 'ec']) expect((await check(grown, name)).code).toBe(0);
    // Another archive of the same rows is attested too.
    expect((await check(elsewhere('sample-other'), 'ed')).code).toBe(0);
    expect((await check(sandbox.path('part'), 'ed')).document.error?.code).toBe('ATTESTATION_INVALID');
    expect((await check(grown, 'ed', 'ec')).document.error?.message).toContain('No signature');
    const envelope = JSON.parse(readFileSync(file('ed.json'), 'utf8')) as { payload: string };
    const payload = Buffer.from(envelope.payload, 'base64')
      .toString()
      .replace('426000-426007', '426000-426006');
    const forged = { ...envelope, payload: Buffer.from(payload).toString('base64') };
    writeFileSync(file('forged.json'), JSON.stringify(forged));
    expect((await check(grown, 'forged', 'ed')).document.error?.code).toBe('ATTESTATION_INVALID');
  }, 120_000);
});

describe('ten real ledgers', () => {
  const ledgers = '63092982-63092991';
  const source = path.join(TEST_DATA, 'lakes/pubnet-1x64000');

  itWithData(
    'are equal in two stores, without reads of data; a changed balance is named exactly',
    async () => {
      const [a, b] = [sandbox.path('real'), elsewhere('real-other')];
      const types = ['--types', 'ledgers,effects,contract_events,trustlines,offers'];
      await backfill(`galexie:${source}`, a, ledgers, ...types);
      await backfill(`galexie:${source}`, b, ledgers, ...types, ...OTHER);
      const { found, reads, took } = await counted(a, b);
      expect(found.map(({ equal }) => equal)).toEqual([10, 10, 10, 10, 10]);
      expect(found.every(isEqual)).toBe(true);
      expect(reads).toBe(0);
      // The goal is one second; the limit leaves room for a loaded machine.
      expect(took).toBeLessThan(WEED === undefined ? 5_000 : 10_000);

      const { ledger, from, to } = await changedLake(source, sandbox.path('changed-lake'), a);
      const c = sandbox.path('real-changed');
      await backfill(`galexie:${sandbox.path('changed-lake')}`, c, ledgers, ...types, ...OTHER);
      const compared = await compare(a, c, '--rows');
      expect(compared.datasets.filter((each) => !isEqual(each))).toMatchObject([
        { dataset: 'trustlines', equal: 9, differ: [{ start: ledger, end: ledger }] },
      ]);
      expect(compared.rows).toHaveLength(1);
      expect(compared.rows?.[0]).toMatchObject({
        ...{ dataset: 'trustlines', ledger },
        columns: [{ column: 'balance', a: from, b: to }],
      });
    },
    240_000,
  );
});

/**
 * A copy of a lake in which one trustline has another balance. No hash of the protocol covers the changes of entries, so
 * only a comparison finds it.
 */
async function changedLake(
  source: string,
  target: string,
  archive: string,
): Promise<{ readonly ledger: number; readonly from: string; readonly to: string }> {
  cpSync(source, target, { recursive: true });
  const sql = `select ledger_sequence, balance, count(*) over (partition by balance) as same from trustlines
    where balance > 1000000 and not deleted qualify same = 1 order by ledger_sequence, balance limit 50`;
  const { document } = await sandbox.json<{ rows: [number, string][] }>(['query', '--archive', archive, sql]);
  const names = readdirSync(target, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.zstd?$/.test(name),
  );
  for (const [ledger, from] of document.rows) {
    const name = names.find((each) => each.includes(`--${ledger}.`));
    if (name === undefined) continue;
    const bytes = await decompress(readFileSync(path.join(target, name)));
    const stroops = BigInt(from.replace('.', ''));
    const wanted = Buffer.alloc(8);
    wanted.writeBigInt64BE(stroops);
    const at = bytes.indexOf(wanted);
    if (at < 0 || bytes.indexOf(wanted, at + 1) >= 0) continue;
    bytes.writeBigInt64BE(stroops + 1n, at);
    writeFileSync(path.join(target, name), await compress(bytes));
    const digits = String(stroops + 1n).padStart(8, '0');
    const to = `${digits.slice(0, -7)}.${digits.slice(-7)}`.replace(/\.?0+$/, '');
    return { ledger, from: from.replace(/\.?0+$/, ''), to };
  }
  throw new Error('no trustline has a balance that occurs once in its ledger');
}

import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Archive } from '@parquetry/archive';
import type { LedgerRange } from '@parquetry/core';
import { SAMPLE_NETWORK, writeSampleLake } from '@parquetry/sample';
import { openStore } from '@parquetry/storage';
import type { TailResult } from '@parquetry/workflows';
import { Sandbox } from '../support/cli';
import { type NodeLedger, RpcNode, ledgersOf } from '../support/rpcnode';

const LEDGERS = 60;
const KEY = 's3cr3t-key-0123456789';

describe('ledgers from an RPC node', () => {
  const sandbox = new Sandbox();
  const lake = sandbox.path('lake');
  let range: LedgerRange;
  let ledgers: readonly NodeLedger[];
  let node: RpcNode;
  let timer: NodeJS.Timeout | undefined;

  beforeAll(async () => {
    const layout = { ledgersPerBatch: 1, batchesPerPartition: 64 };
    range = (await writeSampleLake({ dir: lake, ledgers: LEDGERS, layout })).ledgers;
    ledgers = await ledgersOf(lake);
  }, 120_000);
  beforeEach(async () => {
    node = await RpcNode.start(ledgers, SAMPLE_NETWORK);
  });
  afterEach(async () => {
    clearInterval(timer);
    await node.close();
  });
  afterAll(() => sandbox.dispose());

  const run = (command: string, source: string, archive: string, ...more: string[]): string[] => [
    ...[command, '--source', source, '--archive', archive, '--partition-size', '20', ...more],
  ];
  const tail = (source: string, archive: string, ...more: string[]): string[] =>
    run('tail', source, archive, '--poll', '1s', ...more);
  const env = (): Record<string, string> => ({
    PARQUETRY_HTTP_HEADERS: JSON.stringify({ [node.url]: { 'X-API-Key': KEY } }),
  });

  /** Rows per ledger of every dataset; no ledger is in two segments. */
  async function rowsOf(root: string): Promise<unknown> {
    const archive = await Archive.open(openStore(root));
    const found: Record<string, readonly [number, number][]> = {};
    for (const name of await archive.datasets()) {
      const { coverage, segments } = await archive.dataset(name).snapshot();
      expect(coverage).toEqual([range]);
      const rows = new Map<number, number>();
      for (const { id } of segments)
        for (const { ledger, rows: count } of (await archive.dataset(name).segment(id)).identity.ledgers) {
          expect(rows.has(ledger)).toBe(false);
          rows.set(ledger, count);
        }
      found[name] = [...rows];
    }
    return found;
  }

  it('are backfilled inside the window, despite faults, with the key in no history, log or output', async () => {
    node.fault = ({ number, headers }) => {
      if (headers['x-api-key'] !== KEY) return { status: 401, body: 'wrong key' };
      return number % 3 === 0 ? { status: 429, headers: { 'retry-after': '0' }, body: KEY } : undefined;
    };
    const archive = sandbox.path('backfilled');
    const asked = ['--ledgers', `${range.start}-${range.end}`];
    const args = run('backfill', `rpc:${node.url}`, archive, ...asked, '--detach');
    const server = sandbox.start(['dev'], env());
    while (!/ready|UI|http:/.test(server.stderr())) await sleep(100);
    const started = await sandbox.json<{ workflowId: string }>(args, env());
    const done = await sandbox.run(['attach', started.document.workflowId], env());
    expect({ code: done.code, stderr: done.code === 0 ? '' : done.stderr }).toEqual({ code: 0, stderr: '' });
    const reference = sandbox.path('reference');
    expect((await sandbox.run(run('backfill', `galexie:${lake}`, reference, ...asked))).code).toBe(0);
    expect(await rowsOf(archive)).toEqual(await rowsOf(reference));
    const deep = await sandbox.run(['verify', '--archive', archive, ...asked, '--deep']);
    expect({ code: deep.code, out: deep.code === 0 ? '' : deep.stdout }).toEqual({ code: 0, out: '' });

    node.fault = () => ({ status: 401, body: KEY });
    const refused = await sandbox.run(run('plan', `rpc:${node.url}`, sandbox.path('none'), ...asked), env());
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('PERMISSION_DENIED');
    server.child.kill('SIGINT');
    const ended = await server.ended;
    for (const text of [
      started.stderr,
      done.stdout,
      done.stderr,
      refused.stdout,
      refused.stderr,
      ended.stdout,
      ended.stderr,
    ])
      expect(text).not.toContain(KEY);
    // The server's database has every history; the archive has the plans.
    expect(filesWith(KEY, sandbox.dir)).toEqual([]);
    expect(filesWith('ParquetryDatasets', sandbox.path('.parquetry')).length).toBeGreaterThan(0);
  }, 300_000);

  it('are pulled no faster than the limit, over two workers', async () => {
    const RATE = 2;
    const limited = { ...env(), PARQUETRY_RPC_RATE: String(RATE) };
    const pulls: number[] = [];
    node.fault = ({ method }) => {
      // A pull requests the network before its first page; so do the command, for the times of the range, and the plan.
      if (method === 'getNetwork') pulls.push(performance.now());
      return undefined;
    };
    const server = sandbox.start(['dev'], limited);
    while (!/ready|UI|http:/.test(server.stderr())) await sleep(100);
    const second = sandbox.start(['worker'], limited);
    const whole = ['--ledgers', `${range.start}-${range.end}`];
    const source = ['--source', `rpc:${node.url}`, '--archive', sandbox.path('limited')];
    const many = ['--partition-size', '5', '--concurrency', '12', '--types', 'ledgers'];
    const done = await sandbox.run(['backfill', ...source, ...whole, ...many], limited);
    expect({ code: done.code, stderr: done.code === 0 ? '' : done.stderr }).toEqual({ code: 0, stderr: '' });
    for (const running of [second, server]) {
      running.child.kill('SIGINT');
      await running.ended;
    }
    expect(pulls.length).toBeGreaterThan(12);
    const starts = pulls.slice(-12);
    // The server allows the requests of one second at once.
    const seconds = ((starts.at(-1) ?? 0) - (starts[0] ?? 0)) / 1000;
    expect(seconds).toBeGreaterThan((starts.length - 1) / RATE - 2);
  }, 200_000);

  it('outside the window are refused with the window', async () => {
    node.oldest = range.start + 10;
    const asked = ['--ledgers', `${range.start}-${range.end}`];
    const { code, stderr } = await sandbox.run(
      run('plan', `rpc:${node.url}`, sandbox.path('none'), ...asked),
    );
    expect(code).toBe(1);
    expect(stderr).toContain(`SOURCE_OUT_OF_RANGE`);
    expect(stderr).toContain(`keeps ledgers ${range.start + 10}-${range.end}`);
  }, 60_000);

  it('are followed at the tip with a lag under two polls, while the node fails at times', async () => {
    const published = new Map<number, number>();
    const served = new Map<number, number>();
    let polls = 0;
    node.latest = range.start;
    node.fault = ({ method, params }) => {
      if (method === 'getHealth') polls += 1;
      if (method !== 'getLedgers') return undefined;
      const from = params.startLedger ?? Number(params.pagination?.cursor) + 1;
      for (let at = from; at <= Math.min(node.latest, from + (params.pagination?.limit ?? 0) - 1); at++)
        if (!served.has(at)) served.set(at, polls);
      return undefined;
    };
    const last = range.start + 39;
    // One flush at the end, because a tail does not poll while it commits a flush.
    const policy = ['--max-rows', '1000000', '--max-age', '1h', '--until', String(last)];
    const running = sandbox.start([
      ...[
        'tail',
        '--source',
        `rpc:${node.url}`,
        '--archive',
        sandbox.path('tip'),
        '--partition-size',
        '1000',
      ],
      ...['--from', String(range.start), '--poll', '1s', '--json', ...policy],
    ]);
    while (!served.has(range.start) && running.child.exitCode === null) await sleep(50);
    let steps = 0;
    timer = setInterval(() => {
      steps += 1;
      // At times the node's tip goes backwards, as behind a load balancer.
      if (steps % 7 === 3) return void (node.latest -= 1);
      if (steps % 7 === 4) published.set(++node.latest, polls);
      if (node.latest < range.end) published.set(++node.latest, polls);
    }, 400);
    const { code, stdout, stderr } = await running.ended;
    if (code !== 0) throw new Error(stderr);
    expect((JSON.parse(stdout) as TailResult).cursor).toBe(last + 1);
    const lags = [...published].flatMap(([ledger, at]) =>
      ledger < last ? [(served.get(ledger) ?? Infinity) - at] : [],
    );
    expect(lags.length).toBeGreaterThan(30);
    expect(Math.max(...lags)).toBeLessThan(2);
  }, 300_000);

  it('are archived once after four kills, from a lake that lags behind the node', async () => {
    const live = sandbox.path('live');
    mkdirSync(live);
    cpSync(path.join(lake, '.config.json'), path.join(live, '.config.json'));
    const objects = readdirSync(lake, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.zst'),
    );
    const objectOf = (ledger: number): string =>
      String(objects.find((name) => name.includes(`--${ledger}.`)));
    const copy = (ledger: number): void => {
      mkdirSync(path.dirname(path.join(live, objectOf(ledger))), { recursive: true });
      cpSync(path.join(lake, objectOf(ledger)), path.join(live, objectOf(ledger)));
    };
    for (let ledger = range.start; ledger < range.start + 10; ledger++) copy(ledger);
    // The lake gets its ledgers ten later than the node, which keeps fifteen.
    node.latest = range.start + 19;
    node.oldest = range.start + 5;
    timer = setInterval(() => {
      if (node.latest < range.end) {
        node.latest += 1;
        node.oldest += 1;
        copy(node.latest - 10);
      }
    }, 500);
    const archive = sandbox.path('both');
    const args = tail(
      `galexie:${live},rpc:${node.url}`,
      archive,
      '--max-rows',
      '100',
      '--max-age',
      '2s',
      '--until',
      String(range.end),
    );
    for (let kill = 0; kill < 4; kill++) {
      const running = sandbox.start(args);
      while (!/next ledger \d+/.test(running.stderr()) && running.child.exitCode === null) await sleep(50);
      await sleep(500 + Math.random() * 3000);
      running.child.kill('SIGKILL');
      await running.ended;
    }
    const { code, document, stderr } = await sandbox.json<TailResult>(args);
    if (code !== 0) throw new Error(stderr);
    expect(document.cursor).toBe(range.end + 1);
    expect(await rowsOf(archive)).toEqual(await rowsOf(sandbox.path('reference')));
    const whole = ['--ledgers', `${range.start}-${range.end}`];
    const deep = await sandbox.run(['verify', '--archive', archive, ...whole, '--deep']);
    expect({ code: deep.code, out: deep.code === 0 ? '' : deep.stdout }).toEqual({ code: 0, out: '' });
    expect(node.calls.some(({ method }) => method === 'getLedgers')).toBe(true);
    rmSync(live, { recursive: true });
  }, 400_000);
});

/** Files below a folder that have a text in their bytes. */
function filesWith(text: string, root: string): string[] {
  const names = readdirSync(root, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of names) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    if (readFileSync(file).includes(text)) found.push(file);
  }
  return found;
}

import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SAMPLE_NETWORK, writeSampleLake } from '@parquetry/sample';
import { openProcessorSource, openRpcFeed } from '@parquetry/source';
import { setObserver } from '@parquetry/system';
import type { PastOperation } from '@parquetry/telemetry';
import type { MetricMeter } from '@temporalio/common';
import { Recorder } from '../../apps/worker/src/pull/recorder';
import { Meters } from '../../apps/worker/src/telemetry/meters';
import { testFolders } from '../support/folders';
import { RpcNode, ledgersOf } from '../support/rpcnode';

const FAST = { retry: { attempts: 4, backoffMs: 5 }, idleMs: 1000, requestMs: 5000, maxAnswer: 64 << 20 };
const START = 1000;
const SECRET = 'hunter2-api-key';
const folder = testFolders('observed');

describe('requests to sources', () => {
  let seen: PastOperation[];
  beforeEach(() => {
    seen = [];
    const recorder = new Recorder((operations) => seen.push(...operations));
    setObserver((operation) => (ending) => {
      recorder.observer(operation)(ending);
      recorder.flush();
    });
  });
  afterEach(() => {
    setObserver(undefined);
    delete process.env['PARQUETRY_HTTP_HEADERS'];
  });
  const outcomes = (): unknown[] => seen.map(({ name, code }) => [name, code ?? 'ok']);

  /** The counts of requests as a worker serves them. */
  function counted(): Record<string, number> {
    const counts: Record<string, number> = {};
    const add = (name: string) => (value: number, labels: Readonly<Record<string, string>>) => {
      const key = [name, ...Object.values(labels)].join(' ');
      counts[key] = (counts[key] ?? 0) + value;
    };
    const meter = {
      createCounter: (name: string) => ({ kind: 'counter', add: add(name) }),
      createHistogram: (name: string) => ({ kind: 'histogram', record: () => add(name)(1, {}) }),
    } as unknown as MetricMeter;
    new Meters(meter).past(seen);
    return counts;
  }

  it('to an RPC node are an operation each, with the code of those that are sent again', async () => {
    const lake = folder();
    await writeSampleLake({ dir: lake, start: START, ledgers: 12 });
    const node = await RpcNode.start(await ledgersOf(lake), SAMPLE_NETWORK);
    try {
      const { origin, host } = new URL(node.url);
      process.env['PARQUETRY_HTTP_HEADERS'] = JSON.stringify({ [origin]: { 'x-api-key': SECRET } });
      let pages = 0;
      node.fault = ({ method }) =>
        method === 'getLedgers' && ++pages === 2
          ? { status: 429, headers: { 'retry-after': '0' } }
          : undefined;
      const feed = await openRpcFeed(node.url, { network: SAMPLE_NETWORK }, FAST);
      for await (const { sequence } of feed.ledgers({ start: START, end: START + 11 }, []))
        expect(sequence).toBeGreaterThanOrEqual(START);
      expect(node.calls.map(({ headers }) => headers['x-api-key'])).toContain(SECRET);
      expect(outcomes()).toEqual([
        ...node.calls.slice(0, seen.length - 3).map(({ method }) => [`source ${method}`, 'ok']),
        ['source getLedgers', 'ok'],
        ['source getLedgers', 'SOURCE_UNREACHABLE'],
        ['source getLedgers', 'ok'],
      ]);
      expect(seen).toHaveLength(node.calls.length);
      for (const { started, ended, facts, code } of seen) {
        expect(ended).toBeGreaterThanOrEqual(started);
        expect(facts).toEqual({
          server: host,
          ...(code === undefined ? { size: expect.any(Number) as number } : {}),
        });
      }
      expect(JSON.stringify(seen)).not.toContain(SECRET);
      expect(counted()).toMatchObject({
        'parquetry_source_requests getLedgers ok': 2,
        'parquetry_source_requests getLedgers SOURCE_UNREACHABLE': 1,
        parquetry_source_seconds: seen.length,
      });
    } finally {
      await node.close();
    }
  });

  it('to a processor have its ledgers and the size of its answer', async () => {
    const row = `{"message_type":"trade","ledger_sequence":1003,"closed_at":"2025-07-13T00:00:00Z"}\n`;
    let asked = 0;
    const server: Server = createServer((_, response) =>
      ++asked === 1 ? response.writeHead(503).end() : response.end(row),
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
      const range = { start: START, end: START + 9 };
      const source = openProcessorSource(
        `http://${host}/v1/trades`,
        { range, partitionSize: 10 },
        { schemas: new Map() },
      );
      await source.prepare({ range, workDir: folder() });
      const facts = { server: host, ledgers: '1000-1009' };
      expect(seen.filter(({ name }) => name.startsWith('source'))).toEqual([
        expect.objectContaining({ name: 'source processor', facts, code: 'SOURCE_UNREACHABLE' }),
        expect.objectContaining({ name: 'source processor', facts: { ...facts, size: row.length } }),
      ]);
    } finally {
      server.close();
    }
  });
});

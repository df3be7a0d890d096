import { checkLedger, hex, isStellarType, stellarSchemas } from '@parquetry/stellar';
import { SAMPLE_NETWORK, writeSampleLake } from '@parquetry/sample';
import { openRpcFeed } from '../../../libs/source/src/rpc';
import { type NodeLedger, RpcNode, ledgersOf } from '../../support/rpcnode';
import { hostile, mutateBytes, mutateJson } from '../mutate';
import type { Random } from '../random';
import { HostileServer, damageTransport } from '../server';
import { type OpenTarget, type Target, demand } from '../target';

const TYPES = [...stellarSchemas.keys()].filter(isStellarType).slice(0, 2);
const OPTIONS = { retry: { attempts: 2, backoffMs: 1 }, idleMs: 1000, requestMs: 5000, maxAnswer: 4 << 20 };

/**
 * Answers of an RPC node over HTTP: getNetwork, getHealth and getLedgers with wrong types, wrong, missing, doubled and
 * swapped ledgers, wrong cursors and windows, damaged XDR and base64, errors of all codes, and damage on the way (status,
 * content-encoding, length, resets, decompression bombs).
 *
 * Oracle: the feed yields exactly the ledgers of the range, in order, each with its own hash and proved, or it ends with
 * a coded error after the ledgers that it yielded so far. Answers above the limit are refused without being kept.
 */
export const rpc: Target = {
  name: 'rpc',
  ci: 300,
  open: async (dir) => {
    await writeSampleLake({ dir, ledgers: 16 });
    const ledgers = await ledgersOf(dir);
    const healthy = await RpcNode.start(ledgers, SAMPLE_NETWORK);
    const server = await HostileServer.start();
    return {
      run: (random) => runCase(random, ledgers, healthy, server),
      close: async () => {
        await healthy.close();
        await server.close();
      },
    } satisfies OpenTarget;
  },
};

async function runCase(
  random: Random,
  ledgers: readonly NodeLedger[],
  node: RpcNode,
  server: HostileServer,
): Promise<void> {
  const often = 1 + random.below(4);
  server.respond = (_, body) => {
    const {
      id,
      method,
      params = {},
    } = JSON.parse(body.toString()) as { id: number; method: string; params?: Record<string, unknown> };
    let document: unknown = { jsonrpc: '2.0', id, ...node.outcome({ method, params }) };
    const damaged = random.chance(often);
    if (damaged && !random.chance(4)) document = damage(random, document);
    const answer = {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(document) ?? ''),
    };
    return damaged && random.chance(3) ? damageTransport(random, answer) : answer;
  };
  const first = ledgers[0]?.sequence ?? 0;
  const start = first + random.below(8);
  const range = { start, end: start + random.below(8) };
  const feed = await openRpcFeed(
    server.url,
    random.chance(2) ? { network: SAMPLE_NETWORK } : undefined,
    OPTIONS,
  );
  if (random.chance(4)) await feed.assertRange(range);
  let next = range.start;
  let last: string | undefined;
  for await (const { sequence, ledger } of feed.ledgers(range, TYPES)) {
    demand(sequence === next && sequence <= range.end, () => `ledger ${sequence} in place of ${next}`);
    demand(ledger !== undefined, () => `ledger ${sequence} is unknown`);
    checkLedger(ledger, last);
    last = hex(ledger.meta.value.ledgerHeader.hash);
    demand(last === ledgers[sequence - first]?.hash, () => `ledger ${sequence} has the hash ${last}`);
    next += 1;
  }
  demand(next === range.end + 1, () => `ends before ledger ${next} of ${range.end}`);
}

interface Result {
  ledgers?: Record<string, unknown>[];
  cursor?: unknown;
}

function damage(random: Random, document: unknown): unknown {
  const copy = structuredClone(document) as { result?: Result; error?: unknown; id?: unknown };
  const { result } = copy;
  const { ledgers } = result ?? {};
  const one = ledgers === undefined || ledgers.length === 0 ? undefined : random.pick(ledgers);
  switch (random.below(12)) {
    case 0:
      return {
        jsonrpc: '2.0',
        id: copy.id,
        error: random.pick([
          { code: -32600 },
          { code: -32603 },
          { code: -32601 },
          { code: '1' },
          {},
          null,
          'x',
          { code: 1e99, message: 'x'.repeat(9999) },
        ]),
      };
    case 1:
      if (result !== undefined) result.cursor = hostile(random);
      return copy;
    case 2:
      ledgers?.splice(random.below(ledgers.length + 1), 1);
      return copy;
    case 3:
      ledgers?.reverse();
      return copy;
    case 4:
      if (one !== undefined) ledgers?.push(one);
      return copy;
    case 5:
      if (one !== undefined)
        one['sequence'] = Number(one['sequence']) + random.pick([-1, 1, 100, 0.5, 2 ** 32]);
      return copy;
    case 6:
    case 7:
      if (one !== undefined) {
        const name = random.pick(['metadataXdr', 'headerXdr']);
        one[name] = mutateBytes(random, Buffer.from(String(one[name]), 'base64')).toString('base64');
      }
      return copy;
    case 8:
      if (one !== undefined)
        one['metadataXdr'] = random.pick([
          '',
          '%%%',
          'A',
          String(one['metadataXdr']).slice(0, -3),
          `${String(one['metadataXdr'])}AAAA`,
        ]);
      return copy;
    case 9:
      if (one !== undefined && ledgers !== undefined)
        Object.assign(one, { ...random.pick(ledgers), sequence: one['sequence'] });
      return copy;
    default:
      return mutateJson(random, document);
  }
}

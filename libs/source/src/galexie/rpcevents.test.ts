import path from 'node:path';
import { DEVIATIONS } from '@parquetry/stellar';
import { DATA, SKIPPED, golden, hasData, pullLake } from './testing/data';
import { type Lossless, canonical } from './testing/lossless';

const test = hasData ? it : it.skip;

/** An event in the form of Stellar RPC. */
function rpcText(hash: Lossless, contract: Lossless, topics: Lossless, data: Lossless): string {
  return canonical([hash, contract, topics, data]);
}

test(`contract_events without diagnostic events are the events of Stellar RPC, each once${SKIPPED}`, async () => {
  const range = { start: 63092982, end: 63092991 };
  const goldens = 'pubnet-63092982-63092991';
  const { rows } = await pullLake(path.join(DATA, 'lakes', 'pubnet-1x64000'), range, ['contract_events']);
  const ours = (rows.get('contract_events') ?? [])
    .filter((row) => row['type'] !== '#2')
    .map((row) =>
      rpcText(
        row['transaction_hash'] ?? '',
        row['contract_id'] ?? '',
        row['topics'] ?? [],
        row['data'] ?? '',
      ),
    );
  const rpc = (await golden(path.join(goldens, 'rpc'), 'getEvents.events')).map((event) =>
    rpcText(event['txHash'] ?? '', event['contractId'] ?? '', event['topic'] ?? [], event['value'] ?? ''),
  );
  expect(rpc.length).toBe(6591);
  expect(ours.sort().join('\n') === rpc.sort().join('\n')).toBe(true);
  // stellar-etl has 99 more rows for these ledgers: see DEVIATIONS.
  expect((await golden(goldens, 'contract_events')).length - (rows.get('contract_events') ?? []).length).toBe(
    99,
  );
  expect(DEVIATIONS.some(({ type }) => type === 'contract_events')).toBe(true);
});

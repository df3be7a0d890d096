import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { CutResult, TailSpec } from '@parquetry/workflows';
import { createWatchActivities } from '.';
import type { Host } from '../host';
import { runStep, testHost } from '../testing/host';

let dir: string;
let host: Host;

let end: () => Promise<void>;

beforeAll(async () => {
  ({ dir, host, end } = await testHost('cut'));
});

afterAll(() => end());

describe('a worker that watches for several tails', () => {
  it('keeps the reader of each tail between calls', async () => {
    const activities = createWatchActivities(host.deps);
    // On a stopping worker each call polls once and returns at once.
    host.stop();
    const begin = async (name: string): Promise<() => Promise<CutResult>> => {
      const file = path.join(dir, `${name}.ndjson`);
      await writeFile(
        file,
        '{"message_type":"thing","ledger_sequence":7,"closed_at":"2025-07-13T01:02:03Z","n":1}\n',
      );
      const spec: TailSpec = {
        source: { uri: `ndjson:${path.join(dir, `${name}*.ndjson`)}` },
        archive: path.join(dir, `archive-${name}`),
        partitionSize: 1_000,
        settings: { compression: 'snappy', layout: { kind: 'ledger_day' } },
        maxRejects: 0,
        verify: 'ledger',
      };
      const start = await runStep(activities.openTail, { spec, from: 1, lag: 0 });
      const policy = { maxRows: 100, maxBytes: 1_000_000, maxAgeSeconds: 600 };
      const cut = (): Promise<CutResult> =>
        runStep(activities.cut, { spec, start, cursor: 1, lag: 0, policy, pollSeconds: 1 });
      expect(await cut()).toMatchObject({ kind: 'wait', tip: { ledger: 7 } });
      // From here on the state of the source comes from earlier reads.
      await rm(file);
      return cut;
    };
    const cuts = [await begin('a'), await begin('b'), await begin('c')];
    for (const cut of [...cuts, ...cuts])
      expect(await cut()).toMatchObject({ kind: 'wait', tip: { ledger: 7 } });
  }, 60_000);
});

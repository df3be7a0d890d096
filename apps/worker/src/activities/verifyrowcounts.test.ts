import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Archive } from '@parquetry/archive';
import { readManifest, writeManifest } from '@parquetry/source';
import { openStore } from '@parquetry/storage';
import type { RunSpec } from '@parquetry/workflows';
import { createSharedActivities, createStageActivities } from '.';
import type { Host } from '../host';
import { runStep, testHost } from '../testing/host';

describe('a full verification of written files', () => {
  let dir: string;
  let host: Host;
  let end: () => Promise<void>;
  beforeAll(async () => void ({ dir, host, end } = await testHost('verify')));
  afterAll(() => end());

  it('compares the row hashes of the pull with those of the files', async () => {
    const [archive, source] = [path.join(dir, 'archive'), path.join(dir, 'in.ndjson')];
    const line = (ledger: number): string =>
      `${JSON.stringify({ type: 't', ledger, closed_at: '2025-01-01T00:00:00Z', v: ledger })}\n`;
    await writeFile(source, line(1) + line(2));
    const steps = { ...createSharedActivities(host.deps), ...createStageActivities(host.deps) };
    const range = { start: 1, end: 2 };
    const { plan } = await runStep(steps.planRun, {
      source: { uri: `ndjson:${source}` },
      archive,
      range,
      partitionSize: 10,
      settings: { compression: 'snappy', layout: { kind: 'ledger_day' } },
      maxRejects: 10,
      verify: 'full',
      rowHashes: true,
    } as RunSpec);
    const [task] = (await runStep(steps.nextPartitions, { archive, plan, cursor: 1, limit: 1 })).tasks;
    if (task === undefined) throw new Error('no partition');
    const { stageId } = await runStep(steps.pull, { archive, plan, task });
    const step = { archive, plan, stageId, range, dataset: 't', schemaVersion: 1 };
    await runStep(steps.registerSchema, step);
    await runStep(steps.writeParquet, step);
    // This worker has no memory for a check that reads every value next to a write.
    expect(host.deps.verifyAlone).toBe(true);
    let written = (): void => undefined;
    const writing = host.deps.writer.exclusively(
      undefined,
      () => new Promise<void>((resolve) => (written = resolve)),
    );
    let ended = false;
    const check = runStep(steps.verifyRowCounts, step).then(() => (ended = true));
    await sleep(500);
    expect(ended).toBe(false);
    written();
    await Promise.all([writing, check]);

    // A pull of ledgers computes hashes; here they are those that the files have, and then others.
    const stage = host.deps.workplace.stageDir(stageId);
    const verified = await readFile(path.join(stage, 't.verified.json'), 'utf8');
    const [{ rowHashes }] = JSON.parse(verified) as [{ rowHashes: string }];
    const before = await readManifest(stage);
    const pulled = async (hashes: string): Promise<unknown> => {
      const datasets = before.datasets.map((each) => ({ ...each, rowHashes: hashes }));
      await writeManifest(stage, { ...before, datasets });
      return runStep(steps.verifyRowCounts, step);
    };
    expect(await pulled(rowHashes)).toMatchObject({ rows: 2 });
    const wrong = Buffer.from(rowHashes, 'base64');
    wrong[32] = (wrong[32] as number) ^ 1;
    await expect(pulled(wrong.toString('base64'))).rejects.toMatchObject({
      code: 'VERIFY_MISMATCH',
      message: expect.stringContaining('the row hash of ledger 2') as string,
    });
    await pulled(rowHashes);
    await runStep(steps.commit, step);
    const table = (await Archive.open(openStore(archive))).dataset('t');
    const [segment] = (await table.snapshot()).segments;
    const { identity } = await table.segment(segment?.id ?? '');
    expect(identity.rowHashes?.ledgers).toBe(rowHashes);
    expect(existsSync(stage)).toBe(false);
  }, 60_000);
});

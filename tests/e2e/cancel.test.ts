import { readdirSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Sandbox } from '../support/cli';
import { type PlainServer, freePort, startPlainServer } from '../support/plainserver';

const MESSAGES = 60_000;

describe('a cancelled partition', () => {
  const sandbox = new Sandbox();
  let server: PlainServer;
  beforeAll(async () => {
    const started = await startPlainServer();
    if (started === undefined) throw new Error('no Temporal binary: run `npm test`, which installs one');
    server = started;
    // The slowest level of zstd needs many times as long for this text as the cancellation may take.
    const lines = Array.from(
      { length: MESSAGES },
      (_, index) =>
        `{"message_type":"thing","ledger_sequence":${1 + Math.floor(index / 100)},"closed_at":"2025-07-13T01:02:03Z",` +
        `"id":${index},"text":"${String((index * 2654435761) % 4294967296).repeat(80)}"}\n`,
    );
    writeFileSync(sandbox.path('things.ndjson'), lines.join(''));
  }, 60_000);
  afterAll(async () => {
    await sandbox.dispose();
    await server?.stop();
  });

  /** The stages of the workers. */
  const staged = (): string[] => {
    return readdirSync(sandbox.path('.parquetry', 'work', 'stages'), { recursive: true, encoding: 'utf8' });
  };

  it('stops its COPY and loses its stage within seconds', async () => {
    const metrics = `127.0.0.1:${await freePort()}`;
    const { stderr } = sandbox.start(['worker', '--metrics', metrics], server.env);
    while (!/takes work/.test(stderr())) await sleep(50);
    /** Running steps of the worker, also those that a cancelled workflow no longer waits for. */
    const steps = async (): Promise<number> => {
      const text = await (await fetch(`http://${metrics}/metrics`)).text();
      const used = text.matchAll(
        /^temporal_worker_task_slots_used\{.*worker_type="ActivityWorker".*\} (\d+)$/gm,
      );
      return [...used].reduce((sum, [, count]) => sum + Number(count), 0);
    };
    const { document } = await sandbox.json<{ workflowId: string }>(
      [
        ...['backfill', '--source', 'ndjson:things.ndjson', '--archive', 'archive', '--network', 'Test'],
        ...['--ledgers', '1-600', '--partition-size', '1000', '--compression', 'zstd'],
        ...['--compression-level', '22', '--detach'],
      ],
      server.env,
    );
    while (!staged().some((name) => name.includes('.work-'))) await sleep(20);
    expect(await steps()).toBe(1);
    const asked = performance.now();
    await server.client.workflow.getHandle(document.workflowId).cancel();
    const busy = async (): Promise<boolean> => staged().length > 0 || (await steps()) > 0;
    while ((await busy()) && performance.now() - asked < 30_000) await sleep(20);
    // A heartbeat per second delivers the cancellation, DuckDB may take half a second, the workflow the rest.
    expect(performance.now() - asked).toBeLessThan(3500);
    const query = `ParquetryRun="${document.workflowId}" AND ExecutionStatus="Running"`;
    for (let tries = 0; tries < 50 && (await server.client.workflow.count(query)).count > 0; tries++)
      await sleep(100);
    expect((await server.client.workflow.count(query)).count).toBe(0);
    expect(staged()).toEqual([]);
  }, 120_000);
});

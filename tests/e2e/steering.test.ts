import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { writeSampleLake } from '@parquetry/sample';
import { ensureSearchAttributes } from '@parquetry/temporal';
import { type ScheduledInput, TASK_QUEUE, type TailInput } from '@parquetry/workflows';
import { Sandbox } from '../support/cli';
import { type PlainServer, startPlainServer } from '../support/plainserver';

interface Failed {
  readonly error: { readonly code: string; readonly message: string; readonly hint: string };
}

/** A cluster without a worker: tests read the requests of commands, and nothing runs. */
describe('requests of commands to a cluster', () => {
  const sandbox = new Sandbox();
  let server: PlainServer;
  beforeAll(async () => {
    const started = await startPlainServer();
    if (started === undefined) throw new Error('no Temporal binary: run `npm test`, which installs one');
    server = started;
    await ensureSearchAttributes(server.connection, server.namespace);
    await writeSampleLake({ dir: sandbox.path('lake'), ledgers: 4 });
  }, 60_000);
  afterAll(async () => {
    await sandbox.dispose();
    await server?.stop();
  });
  const json = <T>(...args: string[]): Promise<{ code: number | null; document: T }> =>
    sandbox.json<T>(args, server.env);

  it('a schedule has the policies of its command line, file and environment', async () => {
    writeFileSync(
      sandbox.path('schedule.yaml'),
      'source: galexie:lake\narchive: archive\nevery: 6h\noverlap: CANCEL_OTHER\ncatch_up: 2h\nlag: 5\nmax_ledgers: 300\nfrom: 77\non_failure: park\n',
    );
    const made = await sandbox.json<{ paused: boolean }>(
      ['schedule', 'create', 'nightly', '--config', 'schedule.yaml', '--overlap', 'BUFFER_ALL', '--paused'],
      { ...server.env, PARQUETRY_LAG: '6' },
    );
    expect(made).toMatchObject({ code: 0, document: { paused: true } });
    const nightly = await server.client.schedule.getHandle('nightly').describe();
    expect(nightly).toMatchObject({
      spec: { intervals: [{ every: 6 * 3_600_000 }] },
      policies: { overlap: 'BUFFER_ALL', catchupWindow: 2 * 3_600_000, pauseOnFailure: false },
      state: { paused: true },
      action: { type: 'startWorkflow', workflowType: 'scheduled' },
    });
    const args = (action: typeof nightly.action): ScheduledInput =>
      (action as unknown as { args: ScheduledInput[] }).args[0] as ScheduledInput;
    expect(args(nightly.action)).toMatchObject({ lag: 6, maxLedgers: 300, from: 77, onFailure: 'park' });

    const plain = ['--source', 'galexie:lake', '--archive', 'archive', '--cron', '0 3 * * *'];
    expect((await json('schedule', 'create', 'plain', ...plain)).code).toBe(0);
    const standard = await server.client.schedule.getHandle('plain').describe();
    expect(standard).toMatchObject({
      policies: { overlap: 'SKIP', catchupWindow: 86_400_000, pauseOnFailure: true },
      state: { paused: false },
    });
    expect(args(standard.action)).toMatchObject({ lag: 0, maxLedgers: 100_000, onFailure: 'fail' });
    expect(args(standard.action)).not.toHaveProperty('from');
    const latest = await json<Failed>('schedule', 'create', 'latest', ...plain, '--from', 'latest');
    expect([latest.code, latest.document.error.message]).toEqual([2, expect.stringContaining('for tails')]);
  }, 120_000);

  it('pause, resume and stop are refused for workflows that do not support them', async () => {
    const start = async (type: string): Promise<string> => {
      const workflowId = `${type}/${randomUUID()}`;
      await server.client.workflow.start(type, { workflowId, taskQueue: TASK_QUEUE, args: [{}] });
      return workflowId;
    };
    const refused: readonly [string, string, RegExp][] = [
      ['stop', 'backfill', /parquetry pause backfill/],
      ['stop', 'compact', /parquetry cancel compact/],
      ['pause', 'compact', /parquetry cancel compact/],
      ['resume', 'compact', /parquetry cancel compact/],
      ['pause', 'scheduled', /schedule pause/],
    ];
    for (const [command, type, hint] of refused) {
      const id = await start(type);
      const { code, document } = await json<Failed>(command, id);
      expect({ command, type, code, message: document.error.message }).toEqual({
        ...{ command, type, code: 2 },
        message: `"${id}" is a ${type} workflow, which does not support ${command}.`,
      });
      expect(document.error.hint).toMatch(hint);
      const { events } = await server.client.workflow.getHandle(id).fetchHistory();
      expect(events?.filter((event) => event.workflowExecutionSignaledEventAttributes)).toEqual([]);
    }
    const run = await start('backfill');
    expect(await json('pause', run)).toMatchObject({ code: 0, document: { pause: true } });
  }, 120_000);

  it('a running tail is used as it is; a request with other options is refused', async () => {
    const line = ['tail', '--source', 'galexie:lake', '--archive', 'tailed', '--detach'];
    const first = await json<{ workflowId: string; started: boolean }>(...line, '--types', 'ledgers');
    expect(first).toMatchObject({ code: 0, document: { started: true } });
    const again = await json<{ started: boolean }>(...line, '--types', 'ledgers');
    expect(again).toMatchObject({ code: 0, document: { started: false } });
    const other = await json<Failed>(
      ...[...line, '--types', 'ledgers,transactions', '--max-rows', '7', '--sort-by', 'sequence'],
    );
    expect({ code: other.code, error: other.document.error.code }).toEqual({ code: 2, error: 'USAGE' });
    expect(other.document.error.hint.split('\n')).toEqual([
      '--max-rows: 10000, not 7',
      '--sort-by: not set, not ["sequence"]',
      '--types: ["ledgers"], not ["ledgers","transactions"]',
      expect.stringContaining(`parquetry stop ${first.document.workflowId}`),
    ]);
  }, 120_000);

  it('a tail reads its limits from the file, also the file size', async () => {
    const policy = async (archive: string, yaml: string): Promise<TailInput> => {
      writeFileSync(sandbox.path('tail.yaml'), `source: galexie:lake\narchive: ${archive}\n${yaml}`);
      const { document } = await json<{ workflowId: string }>('tail', '--config', 'tail.yaml', '--detach');
      const described = await server.client.workflow.getHandle(document.workflowId).fetchHistory();
      const input = described.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
      return JSON.parse(Buffer.from(input?.data ?? []).toString('utf8')) as TailInput;
    };
    expect((await policy('a', 'max_file_size_mb: 256\n')).policy).toEqual({
      maxFileBytes: 256e6,
      maxAgeSeconds: 600,
    });
    expect((await policy('b', 'rotation_interval_minutes: 5\n')).policy).toEqual({
      maxRows: 10_000,
      maxBytes: 64e6,
      maxAgeSeconds: 300,
    });
    const all = await policy(
      'c',
      'buffer_size: 9\nmax_file_size_mb: 1\nmax_bytes: 2MB\nmax_age: 1m\nlag: 4\npoll: 3s\nuntil: 99\nfrom: 50\nsort_by: sequence\n',
    );
    expect(all).toMatchObject({
      policy: { maxRows: 9, maxBytes: 2e6, maxFileBytes: 1e6, maxAgeSeconds: 60 },
      lag: 4,
      pollSeconds: 3,
      until: 99,
      from: 50,
      spec: { settings: { sortBy: ['sequence'] } },
    });
  }, 120_000);
});

import { readFileSync, readdirSync, statSync, symlinkSync, writeFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError } from '@temporalio/client';
import { type Finished, type Running, Sandbox } from '../support/cli';
import { OtlpReceiver } from '../support/otlp';
import { type PlainServer, freePort, startPlainServer } from '../support/plainserver';
import { temporalTexts } from './history';
import {
  type EchoServer,
  PLACES,
  PLANTED,
  findSecret,
  messages,
  plantedEnvironment,
  startEcho,
  writeGoogleCredentials,
  writeKeyFiles,
  writeTemporalProfile,
} from './planted';

const LEDGERS = '1000-1039';

describe('a worker with secrets and allow lists', () => {
  const sandbox = new Sandbox();
  const outputs = new Map<string, string>();
  let server: PlainServer;
  let echo: EchoServer;
  let env: Record<string, string>;
  let worker: Running;
  let traces: OtlpReceiver;
  let metrics = '';
  let ui = '';

  /** Runs a command with all secrets in its environment, and keeps what it prints. */
  const run = async (args: readonly string[], more: Record<string, string> = {}): Promise<Finished> => {
    const ended = await sandbox.run(args, { ...env, ...more });
    outputs.set(`${outputs.size} ${args.join(' ').slice(0, 60)}`, `${ended.stdout}\n${ended.stderr}`);
    return ended;
  };
  const backfill = (source: string, archive: string, ...more: string[]): string[] => [
    ...['backfill', '--source', source, '--archive', archive, '--partition-size', '20'],
    ...(more.includes('--ledgers') ? [] : ['--ledgers', LEDGERS]),
    ...['--compression', 'none', '--on-failure', 'fail', ...more],
  ];

  beforeAll(async () => {
    // The test's own client decrypts, so that the search finds what only the encryption of histories hides.
    process.env['PARQUETRY_CODEC_KEYS'] = `k1:${PLANTED['key of the payload codec']}`;
    const started = await startPlainServer();
    if (started === undefined) throw new Error('no Temporal binary: run `npm test`, which installs one');
    server = started;
    echo = await startEcho(`/v1/${PLANTED['HTTP path of the environment']}`, Object.values(PLANTED));
    traces = await OtlpReceiver.start();
    writeGoogleCredentials(sandbox.path('google.json'));
    writeTemporalProfile(sandbox.path('temporal.toml'));
    mkdirSync(sandbox.path('in'));
    writeFileSync(sandbox.path('in', 'm.ndjson'), messages(1000, 1039));
    writeFileSync(sandbox.path('outside.ndjson'), messages(1000, 1039));
    symlinkSync(sandbox.path('outside.ndjson'), sandbox.path('in', 'link.json'));
    const command = `process.stderr.write(JSON.stringify(process.env)); require('child_process').execSync('ps -eo args > ${sandbox.path('ps.txt')}'); process.stdout.write(${JSON.stringify(messages(1000, 1019))})`;
    writeFileSync(
      sandbox.path('processors.json'),
      JSON.stringify({ ps: [process.execPath, '-e', command, '--'] }),
    );
    const address = (): Promise<string> => freePort().then((port) => `127.0.0.1:${port}`);
    [metrics, ui] = [await address(), await address()];
    env = {
      ...server.env,
      ...plantedEnvironment(echo.url, sandbox.path('google.json')),
      ...traces.env,
      TEMPORAL_CONFIG_FILE: sandbox.path('temporal.toml'),
      PARQUETRY_PROCESSORS: sandbox.path('processors.json'),
      PARQUETRY_STORAGE_ATTEMPTS: '1',
      PARQUETRY_DEBUG: '1',
    };
    const allowed = [
      ...['--allow-source', `ndjson:${sandbox.path('in')}`, '--allow-source', `${echo.url}/trades`],
      ...['--allow-source', 'processor:ps', '--allow-source', `rpc:${echo.url}`],
      ...['--allow-source', 'galexie:s3://lake', '--allow-source', 'galexie:gs://lake'],
      ...['--allow-archive', sandbox.path('archives')],
    ];
    const logs = ['--debug-log', 'debug.log', '--log-format', 'json', '--log-level', 'debug'];
    worker = sandbox.start(
      ['worker', '--metrics', metrics, '--ui', ui, '--ui-actions', ...logs, ...allowed],
      { ...env, ...writeKeyFiles(sandbox.path('api.key'), sandbox.path('codec.keys')) },
    );
    while (!worker.stderr().includes('takes work from')) {
      if (worker.child.exitCode !== null) throw new Error(worker.stderr());
      await sleep(50);
    }
  }, 60_000);
  afterAll(async () => {
    delete process.env['PARQUETRY_CODEC_KEYS'];
    await sandbox.dispose();
    await echo?.close();
    traces?.close();
    await server?.stop();
  });

  it('refuses addresses with secrets before a run starts, and does not repeat them', async () => {
    const refused: [string, string][] = [
      [`https://user:${PLANTED['password in a source address']}@host.example/`, 'a'],
      [`HTTPS://user:${PLANTED['password in a source address']}@host.example/`, 'a'],
      [`https://host.example/?token=${PLANTED['token in the query of a source address']}`, 'a'],
      [`rpc:https://rpc.example/v1/${PLANTED['key in the path of an RPC address']}`, 'a'],
      [`galexie:s3://user:${PLANTED['password in a source address']}@lake/x`, 'a'],
    ];
    for (const [source, archive] of refused) {
      const { code, stderr } = await run(backfill(source, archive));
      expect([code, stderr]).toEqual([2, expect.stringMatching(/^error (SOURCE|CONFIG)_INVALID/)]);
    }
    writeFileSync(
      sandbox.path('parquetry.yaml'),
      `source: ndjson:in/m.ndjson\narchive: s3://k:${PLANTED['password in an archive address of a configuration file']}@lake/x\nledgers: ${LEDGERS}\n`,
    );
    const config = ['--config', 'parquetry.yaml'];
    expect((await run(['backfill', ...config])).code).toBe(2);
    expect((await run(['config', 'check', ...config])).code).toBe(2);
    expect((await run(['config', 'show', '--all', ...config])).stdout).toContain('***');
    expect((await run(['config', 'show', '--all', '--json', ...config])).code).toBe(0);
    await run(['doctor', '--timeout', '3s', ...config]);
  }, 60_000);

  it('sends them only to their servers, and takes messages', async () => {
    const ended = await run(backfill(`${echo.url}/trades`, 'archives/a', '--iceberg'));
    expect([ended.code, ended.stdout, ended.stderr]).toEqual([
      0,
      expect.stringContaining('trade'),
      expect.anything(),
    ]);
    for (const kind of ['HTTP header', 'HTTP path of the environment'] as const)
      expect(echo.seen.some((request) => request.includes(PLANTED[kind]))).toBe(true);
    const command = await run(backfill('processor:ps', 'archives/b', '--ledgers', '1000-1019'));
    expect([command.code, command.stdout, command.stderr]).toEqual([
      0,
      expect.stringContaining('trade'),
      expect.anything(),
    ]);
    expect(readFileSync(sandbox.path('ps.txt'), 'utf8')).toContain('--ui-actions');
  }, 60_000);

  it('survive no failure that a server or a processor words', async () => {
    const failing: [string, string][] = [
      [`rpc:${echo.url}`, 'PERMISSION_DENIED'],
      ['galexie:s3://lake/x', 'PERMISSION_DENIED'],
      ['galexie:gs://lake/x', 'PERMISSION_DENIED'],
    ];
    await Promise.all(
      failing.map(async ([source, code]) => {
        const types = ['--types', 'ledgers'];
        const ended = await run(backfill(source, `archives/${code}`, ...types));
        expect([source, ended.code, ended.stderr]).toEqual([
          source,
          expect.any(Number),
          expect.stringContaining(code),
        ]);
      }),
    );
    const catalog = ['--archive', 'archives/a', '--catalog', echo.url];
    expect(await run(['iceberg', 'register', ...catalog])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('ICEBERG_CATALOG_TOKEN') as string,
    });
    const bearer = `Bearer ${PLANTED['token of an Iceberg catalog']}`;
    expect(echo.seen.some((request) => request.includes(bearer))).toBe(true);
  }, 60_000);

  it('refuses runs of any Temporal client whose input names other locations', async () => {
    const { client } = server;
    const base = {
      range: { start: 1000, end: 1019 },
      partitionSize: 20,
      settings: { compression: 'snappy', layout: { kind: 'ledger_day' } },
      maxRejects: 0,
      verify: 'ledger',
    };
    const archive = sandbox.path('archives', 'c');
    const inputs: [string, string, string][] = [
      ['allow-source', `ndjson:${sandbox.path('outside.ndjson')}`, archive],
      ['allow-source', `ndjson:${sandbox.path('in')}/*/../../outside.ndjson`, archive],
      ['allow-source', `ndjson:${sandbox.path('in')}/*.json`, archive],
      ['allow-source', 'processor:other', archive],
      ['allow-source', `${echo.url}/trades/..%2Fadmin`, archive],
      ['allow-archive', `ndjson:${sandbox.path('in')}/m.ndjson`, sandbox.path('elsewhere')],
      ['allow-archive', `ndjson:${sandbox.path('in')}/m.ndjson`, `${archive}/../../elsewhere`],
    ];
    await Promise.all(
      inputs.map(async ([setting, uri, root], index) => {
        const spec = { ...base, source: { uri }, archive: root };
        const input = { spec, concurrency: 1, maxParked: 1, onFailure: 'fail' };
        const error: unknown = await client.workflow
          .execute('backfill', { workflowId: `foreign-${index}`, taskQueue: 'parquetry', args: [input] })
          .catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(WorkflowFailedError);
        const history = await client.workflow.getHandle(`foreign-${index}`).fetchHistory();
        const failed = (history.events ?? []).flatMap(
          ({ activityTaskFailedEventAttributes }) => activityTaskFailedEventAttributes?.failure ?? [],
        );
        // Non-retryable: one attempt.
        expect(failed.map(({ applicationFailureInfo }) => applicationFailureInfo?.type)).toEqual([
          'LOCATION_REFUSED',
        ]);
        expect(failed[0]?.message).toContain(`--${setting}`);
      }),
    );
    expect(() => statSync(sandbox.path('elsewhere'))).toThrow(/ENOENT/);
  }, 60_000);

  it('are found by the search in each of their forms', () => {
    const secret = 'k+/=\u00fc0123456789abcdef';
    const forms = [
      secret,
      encodeURIComponent(secret),
      ...['', 'a', 'ab'].map((before) => base64(before + secret)),
    ];
    expect(forms.map((form) => findSecret(`x ${form} y`, secret))).toEqual([
      ...['plain', 'percent-encoded', 'base64', 'base64', 'base64'],
    ]);
    expect(findSecret(`x ${base64(secret.slice(1))} y`, secret)).toBeUndefined();
  });

  it('leave no trace in history, logs, output, processes, pages, metrics and archives', async () => {
    const archive = ['--archive', 'archives/a'];
    for (const args of [
      ['report', ...archive, '--out', 'page.html'],
      ['runs'],
      ['verify', ...archive],
      ['files', ...archive, '--json'],
    ])
      expect([args[0], (await run(args)).code]).toEqual([args[0], 0]);
    const places = new Map<string, string>();
    for (const [id, text] of await temporalTexts(server.client)) places.set(`history of ${id}`, text);
    expect([...places.values()].join('\n')).toContain(sandbox.path('archives', 'a'));
    for (const page of [`http://${metrics}/metrics`, `http://${ui}/`, `http://${ui}/nothing`])
      places.set(page, await (await fetch(page)).text());
    const events = await firstEvent(`http://${ui}/events`);
    expect(events).toContain(sandbox.path('archives', 'a'));
    places.set(`http://${ui}/events`, events);
    const action = { method: 'POST', body: '{"action":"retry","workflow":"foreign-0"}' };
    places.set(`http://${ui}/actions`, await (await fetch(`http://${ui}/actions`, action)).text());
    worker.child.kill('SIGTERM');
    const { stdout, stderr } = await worker.ended;
    places.set('worker', `${stdout}\n${stderr}`);
    for (const line of stderr.split('\n').slice(0, -1)) JSON.parse(line);
    expect(stderr).toContain('"step":"pull"');
    // The worker ends when it has sent its spans. Those of failed steps have the code and the text of the error.
    expect(traces.spans.filter(({ failed }) => failed).map(({ name }) => name)).toContain('planRun');
    places.set('traces', traces.bodies.join('\n'));
    for (const [command, text] of outputs) places.set(`output of ${command}`, text);
    const own = new Set(
      ['google.json', 'parquetry.yaml', 'temporal.toml', 'api.key', 'codec.keys'].map((name) =>
        sandbox.path(name),
      ),
    );
    for (const file of filesBelow(sandbox.dir))
      if (!own.has(file))
        places.set(`file ${path.relative(sandbox.dir, file)}`, readFileSync(file, 'latin1'));
    const names = [...places.keys()];
    for (const [place, name] of Object.entries(PLACES))
      expect([place, names.some((each) => name.test(each))]).toEqual([place, true]);
    const finds = [...places].flatMap(([place, text]) =>
      Object.entries(PLANTED).flatMap(([kind, secret]) =>
        findSecret(text, secret) === undefined ? [] : [`${kind} in ${place}: ${findSecret(text, secret)}`],
      ),
    );
    expect(finds).toEqual([]);
  }, 60_000);
});

const base64 = (text: string): string => Buffer.from(`${text}:tail`).toString('base64');

/** The first event of a stream with its data. */
async function firstEvent(url: string): Promise<string> {
  const stop = new AbortController();
  const { body } = await fetch(url, { signal: stop.signal });
  let text = '';
  for await (const part of body ?? []) {
    text += Buffer.from(part).toString();
    if (/^data: .*\n\n/m.test(text)) break;
  }
  stop.abort();
  return text;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

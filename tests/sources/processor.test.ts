import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { compress } from '@mongodb-js/zstd';
import { type LedgerRange, type StageManifest } from '@parquetry/core';
import { openProcessorSource } from '@parquetry/source';
import ts from 'typescript';
import type * as Processor from '../../libs/source/src/processor';
import type * as Ranges from '../../libs/source/src/processor/ranges';
import { testFolders } from '../support/folders';

const EXAMPLES = path.resolve(__dirname, '../../examples/processors');
const RANGE: LedgerRange = { start: 1000, end: 1024 };
const SIZE = 10;
const folder = testFolders('processor');
/** Scripts of the tests. */
const root = folder();

/** Prepares the range and pulls the partition 1010-1019. `lose`: as on another worker, without the spooled copies. */
async function take(uri: string, lose = false, signal?: AbortSignal): Promise<StageManifest> {
  const [work, stage] = [folder(), folder()];
  const source = openProcessorSource(uri, { range: RANGE, partitionSize: SIZE }, { schemas: new Map() });
  const common = signal === undefined ? {} : { signal };
  const index = await source.prepare({ range: RANGE, workDir: work, ...common });
  const spoolDir = lose ? folder() : work;
  const manifest = await source.pull({
    ...{
      stageId: 's',
      range: { start: 1010, end: 1019 },
      datasets: index.datasets,
      stageDir: stage,
      spoolDir,
    },
    index: JSON.parse(JSON.stringify(index)) as typeof index,
    ...common,
  });
  expect(readdirSync(spoolDir).filter((name) => name.endsWith('.spool'))).toHaveLength(lose ? 0 : 2);
  return manifest;
}
const line = (ledger: number): string =>
  `{"message_type":"trade","ledger_sequence":${ledger},"closed_at":"${new Date(Date.UTC(2025, 6, 13) + ledger * 5000).toISOString()}","price":"${ledger}.0000001"}\n`;
const lines = (start: number, end: number): string =>
  Array.from({ length: end - start + 1 }, (_, index) => line(start + index)).join('');
const content = ({ datasets }: StageManifest): unknown =>
  datasets.map(({ dataset, rows, contentHash, ledgers, columns }) => ({
    dataset,
    rows,
    contentHash,
    ledgers,
    columns,
  }));

describe('http processor', () => {
  let server: Server;
  let uri: string;
  let asked: string[];
  type Answer = (response: ServerResponse, start: number, end: number, request: IncomingMessage) => unknown;
  let answer: Answer;
  const plain: Answer = (response, start, end) => response.end(lines(start, end));
  beforeEach(async () => {
    asked = [];
    answer = plain;
    server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(String(request.url), 'http://host');
      const [start, end] = [Number(searchParams.get('start')), Number(searchParams.get('end'))];
      asked.push(`${pathname} ${start}-${end}`);
      void answer(response, start, end, request);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/trades`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it('gets one request per partition, and another only from a worker without the copy', async () => {
    const manifest = await take(uri);
    const partitions = ['1000-1009', '1010-1019', '1020-1024'].map((range) => `/v1/trades ${range}`);
    expect(asked).toEqual(partitions);
    expect(manifest.datasets).toMatchObject([{ dataset: 'trade', rows: 10, rejected: 0 }]);
    expect(manifest.proof).toEqual({ kind: 'declared' });
    asked = [];
    expect(content(await take(uri, true))).toEqual(content(manifest));
    expect(asked).toEqual([...partitions, partitions[1]]);
  });

  it.each(['gzip', 'zstd'])('answers with %s', async (encoding) => {
    const expected = content(await take(uri));
    answer = async (response, start, end, request) => {
      expect(request.headers['accept-encoding']).toContain(encoding);
      const text = Buffer.from(lines(start, end));
      response.setHeader('content-encoding', encoding);
      response.end(encoding === 'gzip' ? gzipSync(text) : await compress(text));
    };
    expect(content(await take(uri))).toEqual(expected);
  });

  it.each<[string, Answer]>([
    ['425', (response) => response.writeHead(425, { 'retry-after': '0' }).end()],
    ['404 with Retry-After', (response) => response.writeHead(404, { 'retry-after': '0' }).end()],
    ['503', (response) => response.writeHead(503, { 'retry-after': '0' }).end()],
    ['429', (response) => response.writeHead(429, { 'retry-after': '0' }).end()],
    [
      'an answer that ends early',
      (response, start, end) => {
        response.writeHead(200, { 'content-length': 10_000 }).write(lines(start, end).slice(0, 100));
        setTimeout(() => response.destroy(), 20);
      },
    ],
    [
      'an error after the messages',
      (response, start, end) => {
        response.writeHead(200, { trailer: 'X-Processor-Error' });
        response.write(lines(start, end).slice(0, 100));
        response.addTrailers({ 'X-Processor-Error': 'the database went away' });
        response.end();
      },
    ],
    [
      'a gzip answer that is cut',
      (response, start, end) => {
        response.setHeader('content-encoding', 'gzip');
        response.end(gzipSync(lines(start, end)).subarray(0, 60));
      },
    ],
  ])('is asked again after %s, and nothing of that response remains', async (_, fault) => {
    const expected = content(await take(uri));
    const seen = new Set<number>();
    answer = (response, start, end, request) => {
      if (seen.has(start)) return plain(response, start, end, request);
      seen.add(start);
      return fault(response, start, end, request);
    };
    expect(content(await take(uri))).toEqual(expected);
  });

  it('is rejected when it returns ledgers outside the requested range, whatever their partition', async () => {
    answer = (response) => response.end(lines(RANGE.start, RANGE.end));
    await expect(take(uri)).rejects.toMatchObject({
      code: 'SOURCE_INVALID',
      message: expect.stringContaining('returned ledger 1024 for the range 1000-1009 (line ') as string,
    });
  });

  it('is detected when it answers differently the second time', async () => {
    answer = (response, start, end) =>
      response.end(asked.length > 3 ? lines(start, end).replace('0000001', '0000002') : lines(start, end));
    await expect(take(uri, true)).rejects.toMatchObject({ code: 'SOURCE_CHANGED', retryable: false });
  });

  it.each([
    [404, 'SOURCE_INVALID'],
    [403, 'PERMISSION_DENIED'],
    [302, 'SOURCE_INVALID'],
  ])('that answers %i ends the run with %s', async (status, code) => {
    answer = (response) => response.writeHead(status, { location: '/elsewhere' }).end();
    await expect(take(uri)).rejects.toMatchObject({ code });
    expect(asked).toHaveLength(1);
  });

  it('whose answer has no end is refused', async () => {
    answer = (response, start, end) =>
      response.socket?.end(`HTTP/1.0 200 OK\r\n\r\n${lines(start, end).slice(0, 200)}`);
    const soon = AbortSignal.timeout(1500);
    await expect(take(uri, false, soon)).rejects.toMatchObject({
      code: expect.stringMatching(/^(SOURCE_CORRUPT|CANCELLED)$/) as string,
    });
  });
});

describe('command processor', () => {
  const commands: Record<string, readonly string[]> = {};
  const configure = (name: string, ...argv: string[]): string => {
    commands[name] = argv;
    const file = path.join(root, 'processors.json');
    writeFileSync(file, JSON.stringify(commands));
    process.env['PARQUETRY_PROCESSORS'] = file;
    return `processor:${name}`;
  };
  const script = (name: string, text: string): string => {
    const file = path.join(root, `${name}.cjs`);
    writeFileSync(file, text);
    return configure(name, process.execPath, file);
  };
  afterEach(() => {
    delete process.env['PARQUETRY_PROCESSORS'];
  });

  const hasGo = spawnSync('go', ['version']).status === 0;
  const examples = ['ts', 'py', ...(hasGo ? ['go'] : [])];
  it.each(examples)(
    'the example in .%s gives the same rows as the others',
    async (language) => {
      const file = path.join(EXAMPLES, `trades.${language}`);
      let argv = ['python3', file];
      if (language === 'go') {
        argv = [path.join(root, 'trades')];
        execFileSync('go', ['build', '-o', argv[0] as string, file], {
          env: { ...process.env, GOFLAGS: '-mod=mod' },
        });
      } else if (language === 'ts') {
        const module = ts.transpileModule(readFileSync(file, 'utf8'), {
          compilerOptions: { module: ts.ModuleKind.ESNext },
        });
        argv = [process.execPath, path.join(root, 'trades.mjs')];
        writeFileSync(argv[1] as string, module.outputText);
      }
      const expected = lines(1010, 1019);
      const [program = '', ...args] = [...argv, '--start', '1010', '--end', '1019'];
      expect(execFileSync(program, args, { encoding: 'utf8' })).toBe(expected);
      expect(spawnSync(program, args, { env: { ...process.env, TIP: '1018' } }).status).toBe(75);
      const manifest = await take(configure(language, ...argv), true);
      expect(manifest.datasets).toMatchObject([{ dataset: 'trade', rows: 10, rejected: 0 }]);
    },
    120_000,
  );

  it('that fails is reported with its exit code and its last lines, without the secrets of the worker', async () => {
    const uri = script(
      'bad',
      'process.stderr.write("a\\nb\\nreason: no table, key s3cr3t-0123456789\\n"); process.exit(3)',
    );
    process.env['PARQUETRY_HTTP_HEADERS'] = '{"https://x.example":{"X-Key":"s3cr3t-0123456789"}}';
    const { fetchAnswer } = jest.requireActual<typeof Processor>('../../libs/source/src/processor');
    const { answerFile } = jest.requireActual<typeof Ranges>('../../libs/source/src/processor/ranges');
    const retry = { attempts: 2, backoffMs: 1 };
    try {
      await expect(
        fetchAnswer(answerFile(uri, RANGE), path.join(root, 'x'), undefined, { retry }),
      ).rejects.toMatchObject({
        code: 'PROCESSOR_FAILED',
        retryable: true,
        message:
          'processor:bad ended with exit code 3: a | b | reason: no table, key *** (ledgers 1000-1024).',
      });
      process.env['PARQUETRY_UI_TOKEN'] = 'token-0123456789';
      process.env['AWS_SECRET_ACCESS_KEY'] = 'aws-0123456789';
      const leaks = script('leaks', 'process.stderr.write(JSON.stringify(process.env)); process.exit(3)');
      const leaked: unknown = await fetchAnswer(answerFile(leaks, RANGE), path.join(root, 'x'), undefined, {
        retry: { attempts: 1, backoffMs: 1 },
      }).catch((error: unknown) => error);
      expect(leaked).toMatchObject({
        code: 'PROCESSOR_FAILED',
        message: expect.stringContaining('PATH') as string,
      });
      expect(String(leaked)).not.toMatch(/0123456789|PARQUETRY_UI_TOKEN/);
      const late = script('late', 'process.exit(75)');
      await expect(
        fetchAnswer(answerFile(late, RANGE), path.join(root, 'x'), undefined, { retry }),
      ).rejects.toMatchObject({
        code: 'SOURCE_NOT_READY',
      });
      const half = script(
        'half',
        `process.stdout.write(${JSON.stringify(lines(1000, 1001))}); process.kill(process.pid, 'SIGKILL')`,
      );
      await expect(
        fetchAnswer(answerFile(half, RANGE), path.join(root, 'x'), undefined, { retry }),
      ).rejects.toMatchObject({
        code: 'PROCESSOR_FAILED',
        message: expect.stringContaining('was ended by SIGKILL') as string,
      });
      const gone = configure('gone', '/nowhere/at/all');
      await expect(
        fetchAnswer(answerFile(gone, RANGE), path.join(root, 'x'), undefined, { retry }),
      ).rejects.toMatchObject({
        code: 'PROCESSOR_FAILED',
        message: expect.stringContaining('ENOENT') as string,
      });
    } finally {
      delete process.env['PARQUETRY_HTTP_HEADERS'];
    }
  });

  it('must be in the configuration of the worker; a run cannot define one', async () => {
    configure('known', 'true');
    for (const name of ['other', '__proto__', 'constructor', '/bin/true'])
      await expect(take(`processor:${name}`)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    delete process.env['PARQUETRY_PROCESSORS'];
    await expect(take('processor:known')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('is killed with its child processes when the run is cancelled, and gets no headers', async () => {
    const pidFile = path.join(root, 'pid');
    const uri = script(
      'slow',
      `const { spawn } = require('node:child_process');
       const child = spawn('sleep', ['600']);
       require('node:fs').writeFileSync(${JSON.stringify(pidFile)}, child.pid + ' ' + (process.env.PARQUETRY_HTTP_HEADERS ?? 'none'));
       setInterval(() => {}, 1000);`,
    );
    process.env['PARQUETRY_HTTP_HEADERS'] = '{}';
    const abort = new AbortController();
    const taking = take(uri, false, abort.signal);
    taking.catch(() => undefined);
    let pid = '';
    while (pid === '') {
      await new Promise((resolve) => setTimeout(resolve, 50));
      try {
        pid = readFileSync(pidFile, 'utf8');
      } catch {
        // not written yet
      }
    }
    delete process.env['PARQUETRY_HTTP_HEADERS'];
    expect(pid).toMatch(/ none$/);
    abort.abort();
    await expect(taking).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const status = (): string => {
      try {
        return readFileSync(`/proc/${parseInt(pid, 10)}/stat`, 'utf8').split(' ')[2] ?? '';
      } catch {
        return 'gone';
      }
    };
    expect(status()).toMatch(/gone|Z/);
  }, 20_000);
});

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { cachedBinary, findTemporalBinary, resolveTemporalBinary } from './binary';
import { script, tempFolder } from './testing/fakes';

const SAYS_VERSION = 'echo "temporal version 9.9.9 (Server 1.0.0, UI 2.0.0)"';
/** Nothing listens there. */
const NO_SERVICE = 'http://127.0.0.1:9/cli';

describe('resolveTemporalBinary', () => {
  let folder: ReturnType<typeof tempFolder>;
  let env: Record<string, string>;
  let lines: string[];
  const bin = (): string => join(folder.path, 'bin');
  const resolve = (more: object = {}): Promise<string> =>
    resolveTemporalBinary({
      env,
      downloadService: NO_SERVICE,
      reportMs: 40,
      onProgress: (line) => lines.push(line),
      ...more,
    });

  /** A `go` that logs its calls, takes a moment and "builds" a script into GOBIN. */
  const fakeGo = (then: string): string =>
    script(
      bin(),
      'go',
      `[ "$1" = version ] && { echo go1.24; exit 0; }
echo "$@" >> "${folder.path}/go.log"
${then}`,
    );
  const builds = (): string =>
    `sleep 0.3; cp "${script(join(folder.path, 'made'), 'temporal', SAYS_VERSION)}" "$GOBIN/temporal"`;
  const goCalls = (): string[] => readFileSync(join(folder.path, 'go.log'), 'utf8').trim().split('\n');

  beforeEach(() => {
    folder = tempFolder();
    lines = [];
    env = { PATH: `${bin()}:/usr/bin:/bin`, PARQUETRY_CACHE: join(folder.path, 'cache') };
  });
  afterEach(() => folder.remove());

  it('prefers the binary on PATH', async () => {
    script(bin(), 'temporal', SAYS_VERSION);
    expect(await resolve()).toBe('temporal');
    expect(lines).toEqual([]);
    expect(existsSync(join(folder.path, 'cache'))).toBe(false);
  });

  it('skips another program with the same name', async () => {
    script(bin(), 'temporal', 'echo "a calendar tool 1.0"');
    expect(await findTemporalBinary(env)).toBeUndefined();
  });

  it('otherwise uses the cached binary', async () => {
    const cached = cachedBinary(env);
    script(join(cached, '..'), 'temporal', SAYS_VERSION);
    expect(await resolve()).toBe(cached);
    expect(cached.startsWith(join(folder.path, 'cache', 'temporal', 'v1.5.1'))).toBe(true);
  });

  it('finds the cache by the usual variables', () => {
    const at = (more: Record<string, string>): string => cachedBinary(more);
    expect(at({ XDG_CACHE_HOME: '/x', HOME: '/h' })).toBe('/x/parquetry/temporal/v1.5.1/temporal');
    expect(at({ HOME: '/h' })).toBe('/h/.cache/parquetry/temporal/v1.5.1/temporal');
  });

  it('builds once for two commands, with progress, and leaves only the binary', async () => {
    fakeGo(builds());
    const [a, b] = await Promise.all([resolve(), resolve()]);
    expect(a).toBe(cachedBinary(env));
    expect(b).toBe(a);
    expect(goCalls()).toEqual(['install github.com/temporalio/cli/cmd/temporal@v1.5.1']);
    expect(lines.filter((line) => /^Building the Temporal server: \d+s$/.test(line)).length).toBeGreaterThan(
      1,
    );
    expect(lines.some((line) => line.startsWith('Waiting for another command'))).toBe(true);
    expect(readdirSync(join(a, '..'))).toEqual(['temporal']);
  });

  it('takes over the lock of a killed build and removes its leftovers', async () => {
    fakeGo(builds());
    const versions = join(cachedBinary(env), '..');
    script(join(versions, 'draft-99-build'), 'half', 'x');
    script(versions, 'lock', '');
    // A finished process: its pid is free or reused.
    const dead = spawnSync('true').pid;
    writeFileSync(join(versions, 'lock'), JSON.stringify({ pid: dead, host: hostname(), born: '1' }));
    expect(await resolve()).toBe(cachedBinary(env));
    expect(readdirSync(versions)).toEqual(['temporal']);
  });

  it('reports what was tried and what to install when nothing works', async () => {
    fakeGo('echo "go: module lookup disabled" >&2; exit 1');
    await expect(resolve()).rejects.toMatchObject({
      code: 'TEMPORAL_UNAVAILABLE',
      exitCode: 3,
      message: expect.stringMatching(/not on PATH.*download: .*build: .*module lookup disabled/),
      hint: expect.stringMatching(/docs\.temporal\.io\/cli.*TEMPORAL_ADDRESS/),
    });
    expect(readdirSync(join(cachedBinary(env), '..'))).toEqual([]);
  });

  it('discards a binary that does not run', async () => {
    fakeGo('printf "#!/bin/sh\\nexit 3\\n" > "$GOBIN/temporal"; chmod +x "$GOBIN/temporal"');
    await expect(resolve()).rejects.toMatchObject({
      message: expect.stringContaining('build: the result does not run on this machine'),
    });
    expect(existsSync(cachedBinary(env))).toBe(false);
  });

  it("reports a cache that can't be written", async () => {
    writeFileSync(join(folder.path, 'cache'), 'a file');
    await expect(resolve()).rejects.toMatchObject({
      code: 'TEMPORAL_UNAVAILABLE',
      message: expect.stringMatching(/cache .* can't be written .*PARQUETRY_CACHE/),
    });
  });

  describe('the download', () => {
    const serve = async (
      answer: (base: string) => { archiveUrl: string; fileToExtract: string } | undefined,
      archive: Buffer | 'stall',
    ): Promise<{ base: string; close: () => void }> => {
      const server = createServer((request, response) => {
        const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
        if (request.url?.startsWith('/cli/') === true) {
          const body = answer(base);
          if (body !== undefined) response.end(JSON.stringify(body));
        } else if (archive !== 'stall') response.end(archive);
      });
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      return {
        base: `${base}/cli`,
        close: () => {
          server.closeAllConnections();
          server.close();
        },
      };
    };
    const tarball = (): Buffer => {
      script(join(folder.path, 'pack'), 'temporal', SAYS_VERSION);
      const packed = spawnSync('tar', ['-czf', '-', '-C', join(folder.path, 'pack'), 'temporal']);
      return packed.stdout;
    };

    it('unpacks the archive that the service returns', async () => {
      const service = await serve(
        (base) => ({ archiveUrl: `${base}/a.tar.gz`, fileToExtract: 'temporal' }),
        tarball(),
      );
      try {
        expect(await resolve({ downloadService: service.base })).toBe(cachedBinary(env));
      } finally {
        service.close();
      }
      expect(readdirSync(join(cachedBinary(env), '..'))).toEqual(['temporal']);
    });

    it.each([
      ['is silent', () => undefined, 'stall' as const, /download: .*(timeout|stalled)/],
      [
        'stalls in the archive',
        (base: string) => ({ archiveUrl: `${base}/a`, fileToExtract: 'temporal' }),
        'stall' as const,
        /download: the download stalled/,
      ],
      [
        'names a file outside the folder',
        (base: string) => ({ archiveUrl: `${base}/a`, fileToExtract: '../temporal' }),
        Buffer.from('x'),
        /unexpected file name/,
      ],
      [
        'sends something else',
        (base: string) => ({ archiveUrl: `${base}/a`, fileToExtract: 'temporal' }),
        Buffer.from('not a tar'),
        /tar could not unpack/,
      ],
    ])('fails fast when the service %s', async (_name, answer, archive, message) => {
      const service = await serve(answer, archive);
      const begin = Date.now();
      try {
        await expect(resolve({ downloadService: service.base, connectTimeoutMs: 200 })).rejects.toMatchObject(
          { message: expect.stringMatching(message) },
        );
      } finally {
        service.close();
      }
      expect(Date.now() - begin).toBeLessThan(5_000);
    });
  });
});

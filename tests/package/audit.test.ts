import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { testFolders } from '../support/folders';

const folder = testFolders('audit');
const TOOL = path.resolve(__dirname, '../../tools/audit.mjs');

/** Runs the tool against a registry that answers the question for advisories like this. */
async function audit(answer: {
  readonly status?: number;
  readonly body: object;
}): Promise<{ readonly code: number | null; readonly out: string }> {
  const server = createServer((request, response) => {
    request.resume();
    const asked = request.url?.endsWith('/advisories/bulk') === true;
    response
      .writeHead(asked ? (answer.status ?? 200) : 404, { 'content-type': 'application/json' })
      .end(JSON.stringify(asked ? answer.body : {}));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    // npm keeps what it knows about an advisory.
    const env = {
      ...process.env,
      npm_config_registry: `http://127.0.0.1:${port}`,
      npm_config_cache: folder(),
    };
    const child = spawn(process.execPath, [TOOL], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, out };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const hole = (severity: string): object => ({
  id: 1,
  url: 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc',
  title: 'Reads what it should not',
  severity,
  vulnerable_versions: '>=0.0.0',
  cwe: [],
  cvss: { score: 8, vectorString: null },
});

describe('the policy for known vulnerabilities', () => {
  it('refuses serious ones in what users install, and ignores those of development alone', async () => {
    const { code, out } = await audit({
      body: { commander: [hole('high')], webpack: [hole('moderate')], eslint: [hole('critical')] },
    });
    expect(out).toContain('REFUSED: commander >=0.0.0: high: Reads what it should not');
    expect(out).toContain('noted: webpack >=0.0.0: moderate');
    expect(out).toContain('2 known vulnerabilities of what users install, 1 refused');
    expect(code).toBe(1);
  }, 60_000);

  it('is skipped with the reason where the registry does not answer', async () => {
    const { code, out } = await audit({ status: 405, body: {} });
    expect(out).toMatch(/^npm audit: skipped: 405 Method Not Allowed/);
    expect(code).toBe(0);
  }, 60_000);
});

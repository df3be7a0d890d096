import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectClient, findTemporalBinary, payloadCodec } from '@parquetry/temporal';
import { Sandbox } from '../support/cli';
import { freePort } from '../support/plainserver';
import { NO_BROWSER, itWithBrowser, openBrowser } from './browser';
import { Operator } from './operator';

const ARCHIVE = 's3://secret-lake/stellar';

describe('the Web UI with a codec server', () => {
  const sandbox = new Sandbox();
  afterAll(() => sandbox.dispose());

  itWithBrowser(
    'shows the encrypted input of a run, and only with the codec server',
    async () => {
      const binary = await findTemporalBinary();
      if (binary === undefined) throw new Error('no Temporal binary: run `npm test`, which installs one');
      const [port, uiPort, codecPort] = [await freePort(), await freePort(), await freePort()];
      const ui = `http://127.0.0.1:${uiPort}`;
      const args = ['--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(uiPort)];
      const endpoint = ['--ui-codec-endpoint', `http://127.0.0.1:${codecPort}`];
      const temporal = spawn(binary, ['server', 'start-dev', ...args, ...endpoint, '--log-level', 'never'], {
        stdio: 'ignore',
      });
      const keys = `2026-01:${randomBytes(32).toString('base64')}`;
      const codec = payloadCodec({ PARQUETRY_CODEC_KEYS: keys });
      const browser = await openBrowser();
      const server = sandbox.start(['codec-server', '--listen', `127.0.0.1:${codecPort}`, '--ui-url', ui], {
        PARQUETRY_CODEC_KEYS: keys,
      });
      try {
        const { connection } = await connected(`127.0.0.1:${port}`);
        const [input] = await codec.encode([
          {
            metadata: { encoding: Buffer.from('json/plain') },
            data: Buffer.from(JSON.stringify({ archive: ARCHIVE })),
          },
        ]);
        // No worker: the page only shows what Temporal has.
        await connection.workflowService.startWorkflowExecution({
          namespace: 'default',
          workflowId: 'encrypted',
          workflowType: { name: 'backfill' },
          taskQueue: { name: 'none' },
          requestId: 'encrypted',
          input: { payloads: [input ?? {}] },
        });
        while (!server.stderr().includes('Codec server:')) {
          if (server.child.exitCode !== null) throw new Error(server.stderr());
          await sleep(50);
        }
        const operator = new Operator(await browser.context.newPage(), ui);
        await operator.open('encrypted');
        await operator.page.getByText(ARCHIVE).first().waitFor();
        await operator.picture('codec-server', { runbook: true });
        server.child.kill('SIGTERM');
        expect((await server.ended).code).toBe(0);
        await operator.page.reload();
        await operator.page
          .getByText('binary/encrypted')
          .or(operator.page.getByText('encryption-key-id'))
          .first()
          .waitFor();
        expect(await operator.page.getByText(ARCHIVE).count()).toBe(0);
        await connection.close();
      } finally {
        server.child.kill('SIGKILL');
        await browser.close();
        temporal.kill('SIGTERM');
      }
    },
    120_000,
    NO_BROWSER,
  );
});

async function connected(address: string): ReturnType<typeof connectClient> {
  for (let left = 600; ; left -= 1)
    try {
      return await connectClient({ address, namespace: 'default' }, 2000);
    } catch (error) {
      if (left === 0) throw error;
      await sleep(100);
    }
}

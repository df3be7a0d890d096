import { spawnSync } from 'node:child_process';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { buildReport, staticPage } from '@parquetry/report';
import type { Page } from 'playwright-core';
import { HAS_TEST_DATA, type Running, Sandbox, TEST_DATA } from '../support/cli';
import { type Browser, NO_BROWSER, itWithBrowser, openBrowser } from './browser';
import { Lake } from './lake';
import { makeMillion, millionTemporal } from './million';
import { shrinkPng } from './png';

const LIMIT = 240_000;
const OUTPUT = path.resolve(__dirname, '../output/browser');
const DOCS = process.env['PARQUETRY_SCREENSHOTS'];
const TOKEN = 'token-of-the-browser-test';

/** A free port of the loopback address. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('the page of an archive', () => {
  const sandbox = new Sandbox();
  let browser: Browser;
  let page: Page;
  let dev: Running;
  let address = '';
  let lake: Lake;
  /** Errors of pages: refused scripts and styles, failed requests, exceptions. */
  const problems: string[] = [];
  const requests: string[] = [];

  beforeAll(async () => {
    if (NO_BROWSER !== undefined) return;
    mkdirSync(OUTPUT, { recursive: true });
    const port = await freePort();
    address = `http://127.0.0.1:${port}/`;
    dev = await sandbox.dev(['--ui', `127.0.0.1:${port}`, '--ui-actions'], { PARQUETRY_UI_TOKEN: TOKEN });
    browser = await openBrowser();
    page = await browser.context.newPage();
    page.setDefaultTimeout(60_000);
    page.on('console', (message) => void (message.type() === 'error' && problems.push(message.text())));
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
  }, LIMIT);
  afterAll(async () => {
    await browser?.close();
    await sandbox.dispose();
  }, LIMIT);
  beforeEach(() => {
    problems.length = 0;
    requests.length = 0;
  });

  async function picture(name: string, docs?: { readonly height: number }): Promise<void> {
    await page.mouse.move(0, 0);
    await page.screenshot({ path: path.join(OUTPUT, `${name}.png`), fullPage: true });
    if (docs === undefined || DOCS === undefined) return;
    const clip = { x: 0, y: 0, width: page.viewportSize()?.width ?? 1280, height: docs.height };
    writeFileSync(path.join(DOCS, `${name}.png`), shrinkPng(await page.screenshot({ clip, fullPage: true })));
  }

  async function open(file: string): Promise<number> {
    const before = Date.now();
    await page.goto(`file://${file}`);
    await page.locator('.strip canvas').first().waitFor();
    return Date.now() - before;
  }

  /** The colour of a dataset's strip at a share of its width. */
  const colourAt = (dataset: string, share: number): Promise<string> =>
    page.evaluate(`(() => {
      const canvas = document.querySelector('.strip canvas[aria-label^="${dataset}:"]');
      const at = Math.floor(canvas.width * ${share});
      return canvas.getContext('2d').getImageData(at, canvas.height / 2, 1, 1).data.join();
    })()`);

  /** Narrows the window to a telephone and waits until nothing of the page is wider than it. */
  async function narrow(): Promise<void> {
    await page.setViewportSize({ width: 390, height: 844 });
    // The charts follow in the next frame, when their resize observer is called.
    await page.waitForFunction('document.scrollingElement.scrollWidth === 390', undefined, {
      timeout: 10_000,
    });
  }

  itWithBrowser(
    'of a million ledgers and 20 datasets opens fast, is small, loads nothing and runs no text of the data',
    async () => {
      const archive = await makeMillion(sandbox.path('million'));
      const fill = ({ range }: { range: { start: number; end: number } }): string =>
        `parquetry backfill --source galexie:s3://lake --archive s3://archive --ledgers ${range.start}-${range.end}`;
      const before = Date.now();
      const data = await buildReport({
        archive,
        commands: { fill, retry: ({ run }) => `parquetry retry ${run}` },
        temporal: millionTemporal(),
        targetBytes: 128 * 2 ** 20,
        now: Date.UTC(2025, 6, 15),
      });
      const read = Date.now() - before;
      const file = sandbox.path('million.html');
      writeFileSync(file, staticPage(data));
      await page.emulateMedia({ colorScheme: 'light' });
      const opened = await open(file);
      const size = statSync(file).size;
      console.log(
        `1,000,000 ledgers, 20 datasets: read in ${read} ms, ${size} bytes, opened in ${opened} ms`,
      );
      expect(size).toBeLessThan(400_000);
      expect(opened).toBeLessThan(10_000);
      expect(await page.evaluate('window.hacked')).toBeUndefined();
      expect(await page.getByText('<img src=x').count()).toBeGreaterThan(2);
      expect(problems).toEqual([]);
      expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([`file://${file}`]);

      // One ledger among a million is on the map, and its command next to it.
      const [missing, present] = [await colourAt('restored_key', 0.505), await colourAt('signers', 0.505)];
      expect(missing).not.toBe(present);
      expect(await colourAt('restored_key', 0.5)).toBe(present);
      await page.getByText('--ledgers 62505000-62505000').waitFor();
      await picture('report-million-light', { height: 900 });
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.locator('html').evaluate((html) => html.getBoundingClientRect());
      await picture('report-million-dark');

      // The keyboard zooms; the table has what is shown.
      const map = page.getByRole('group', { name: /^Map of ledgers/ });
      await map.focus();
      for (const key of ['+', '+', 'ArrowRight', 'ArrowRight']) await page.keyboard.press(key);
      await page.getByRole('group', { name: 'Map of ledgers 62,500,000–62,749,999.' }).waitFor();
      await page.getByText('The map as a table').click();
      const table = page.getByRole('region', { name: 'States of ledgers' });
      expect(await table.getByRole('row').nth(1).innerText()).toContain('gap');
      expect(await table.innerText()).not.toContain('62,960,000');
      await page.getByRole('button', { name: 'All' }).click();
      await page.getByRole('group', { name: 'Map of ledgers 62,000,000–62,999,999.' }).waitFor();
      // Every control has a name.
      const nameless =
        await page.evaluate(`[...document.querySelectorAll('button, select, input, a, canvas[role=img]')].filter(
        (one) => !one.getAttribute('aria-label') && !one.textContent.trim() && one.closest('label') === null,
      ).length`);
      expect(nameless).toBe(0);

      await narrow();
      await picture('report-million-390');
      await page.setViewportSize({ width: 1280, height: 800 });
      expect(problems).toEqual([]);
    },
    LIMIT,
    NO_BROWSER,
  );

  itWithBrowser(
    'of the demo is served live: it appears when the run has written it',
    async () => {
      await page.emulateMedia({ colorScheme: 'light' });
      await page.goto(address);
      await page.getByText('No run has written to an archive yet').waitFor();
      const demo = await sandbox.run(['demo']);
      expect({ code: demo.code, err: demo.code === 0 ? '' : demo.stderr }).toEqual({ code: 0, err: '' });
      await page.getByText('Nothing: there are no gaps and no parked partitions.').waitFor();
      await page.getByText(/^live, as of/).waitFor();
      expect(await page.locator('.map-row .strip').count()).toBe(4);
      await picture('report-demo-light');
      await page.emulateMedia({ colorScheme: 'dark' });
      await picture('report-demo-dark');
      expect(problems).toEqual([]);
      expect(requests.every((url) => url.startsWith(address) || url.startsWith('data:'))).toBe(true);
    },
    LIMIT,
    NO_BROWSER,
  );

  itWithBrowser(
    `of ${HAS_TEST_DATA ? 'real' : 'sample'} ledgers shows a gap and a parked partition, and what it says closes both`,
    async () => {
      lake = HAS_TEST_DATA
        ? Lake.copy(path.join(TEST_DATA, 'lakes/pubnet-1x64000'), sandbox.path('real'), {
            start: 63_092_982,
            end: 63_092_991,
          })
        : await Lake.write(sandbox.path('real'));
      const { start, end } = lake.range;
      const archive = sandbox.path('real-archive');
      const [lost, given] = [lake.lose(3), lake.lose(6)];
      const run = await sandbox.json<{ workflowId: string }>([
        ...[
          'backfill',
          '--source',
          `galexie:${lake.dir}`,
          '--archive',
          archive,
          '--ledgers',
          `${start}-${end}`,
        ],
        ...['--partition-size', '2', '--types', 'ledgers,transactions', '--compression', 'zstd'],
      ]);
      expect(run.code).toBe(1);
      await page.emulateMedia({ colorScheme: 'light' });
      await page.goto(address);
      const parked = page.locator('.work > li.parked');
      await parked.nth(1).waitFor();
      expect(await parked.first().innerText()).toContain(`Ledger ${lost} is missing`);
      // Giving one partition up leaves a gap.
      await skip(run.document.workflowId, given);
      const gap = page.locator('.work > li.gap');
      await gap.waitFor();
      await picture('report-gap-light');
      await page.emulateMedia({ colorScheme: 'dark' });
      await picture('report-gap-dark', { height: 1_000 });
      await narrow();
      await picture('report-gap-390');
      await page.setViewportSize({ width: 1280, height: 800 });

      const text = await sandbox.run(['coverage', '--archive', archive]);
      expect(text.code).toBe(0);
      expect(text.stdout).toMatch(/P+.*·+|·+.*P+/);
      expect(text.stdout).toContain(
        `Gap: ledgers ${given - (given % 2)}-${given - (given % 2) + 1} of ledgers, transactions`,
      );
      const command = (await gap.locator('code').first().innerText()).trim();
      expect(text.stdout).toContain(command);

      // The page retries with the right token only.
      lake.repair();
      await parked.getByRole('button', { name: 'Retry now' }).click();
      await page.getByLabel('Token').fill('wrong');
      await page.getByRole('button', { name: 'Send' }).click();
      await page.getByText('The token is wrong').waitFor();
      expect(await parked.count()).toBe(1);
      await page.getByLabel('Token').fill(TOKEN);
      await page.getByRole('button', { name: 'Send' }).click();
      await page.getByText(/received retry/).waitFor();
      await page.getByRole('button', { name: 'Close' }).click();
      await parked.waitFor({ state: 'detached' });

      // The command of the gap, as a person pastes it.
      const bin = path.resolve(__dirname, '../../apps/cli/bin/parquetry.js');
      const pasted = spawnSync('sh', ['-c', command.replace(/^parquetry/, `${process.execPath} ${bin}`)], {
        cwd: sandbox.dir,
        env: { ...process.env, PARQUETRY_HOME: sandbox.path('.parquetry') },
        encoding: 'utf8',
      });
      expect({ code: pasted.status, err: pasted.status === 0 ? '' : pasted.stderr }).toEqual({
        code: 0,
        err: '',
      });
      await page.getByText('Nothing: there are no gaps and no parked partitions.').waitFor();
      const done = await sandbox.run(['coverage', '--archive', archive]);
      expect(done.stdout).not.toContain('Gap');
      // The refused token is the only error of the page.
      expect(problems.filter((problem) => !problem.includes('401'))).toEqual([]);
      expect(dev.stderr()).toContain('The page asks for retry');
    },
    LIMIT,
    NO_BROWSER,
  );

  /** Gives the parked partition with a ledger up, as an operator does in the Temporal UI. */
  async function skip(run: string, ledger: number): Promise<void> {
    const { connectClient, devHome, readDevServer } = await import('@parquetry/temporal');
    const server = await readDevServer(devHome({ PARQUETRY_HOME: sandbox.path('.parquetry') }));
    if (server === undefined) throw new Error('the server does not run');
    const { client, connection } = await connectClient(server);
    const start = ledger - (ledger % 2);
    await client.workflow.getHandle(`${run}/p/${String(start).padStart(10, '0')}`).signal('skip');
    await connection.close();
  }
});

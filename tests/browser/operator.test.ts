import { type Browser, MISSING, itWithBrowser, openBrowser } from './browser';
import { Operator } from './operator';
import { SIZE, Site } from './site';

const LIMIT = 300_000;

describe('an operator at the Temporal UI', () => {
  const site = new Site();
  let browser: Browser;
  let operator: Operator;

  beforeAll(async () => {
    if (MISSING !== undefined) return;
    await site.open();
    browser = await openBrowser();
    operator = new Operator(browser.context.pages()[0] ?? (await browser.context.newPage()), site.ui);
  }, LIMIT);
  afterAll(async () => {
    await browser?.close();
    await site.close();
  }, LIMIT);

  /** A test whose last screenshot is kept when it fails. */
  const scenario = (name: string, picture: string, run: () => Promise<void>): void =>
    itWithBrowser(
      name,
      () =>
        run().catch(async (error: unknown) => {
          await operator.picture(`failed-${picture}`);
          throw error;
        }),
      LIMIT,
      MISSING,
    );

  scenario(
    'follows the printed link to the parked partitions, reads why, and sends `retry`',
    'retry',
    async () => {
      const lake = await site.lake('retry');
      const lost = [3, 12].map((offset) => lake.lose(offset));
      const run = await site.park(lake, 2);
      const parked = lost.map((ledger) => site.partition(run.workflowId, ledger));
      expect(await operator.list(run.parkedUrl, 2)).toEqual(parked);
      await operator.picture('parked-list', { runbook: true });

      await operator.pick(parked[0] ?? '');
      const details = await operator.details('LEDGER_MISSING');
      expect(await details.locator('body').innerText()).toContain(`Ledger ${lost[0]} is missing`);
      await operator.picture('parked-partition', { runbook: true });

      lake.repair();
      await operator.signal('retry', 'signal-retry');
      await operator.status('Completed');
      expect(await operator.list(run.parkedUrl, 1)).toEqual([parked[1]]);
      await operator.pick(parked[1] ?? '');
      await operator.signal('retry');
      await operator.status('Completed');
      await operator.open(run.workflowId);
      await operator.status('Completed');
      await operator.details('finished');
      await operator.picture('run-finished');
      await site.whole(lake);
    },
  );

  scenario('resets a parked partition, and one that is done already', 'reset', async () => {
    const lake = await site.lake('reset');
    const parked = [2, 7].map((offset) => lake.lose(offset));
    const run = await site.park(lake, 2);
    lake.repair();
    for (const [i, ledger] of parked.entries()) {
      await operator.open(site.partition(run.workflowId, ledger));
      await operator.reset('the lake was repaired', i === 0 ? 'reset-dialog' : undefined);
      await operator.open(site.partition(run.workflowId, ledger));
      await operator.status('Completed');
    }
    await operator.open(run.workflowId);
    await operator.status('Completed');
    await site.whole(lake);

    await operator.open(site.partition(run.workflowId, lake.range.end));
    await operator.status('Completed');
    await operator.reset('again');
    await operator.open(site.partition(run.workflowId, lake.range.end));
    await operator.status('Completed');
    await site.whole(lake);
  });

  scenario(
    'terminates a parked partition: the run says so, and the command again makes it whole',
    'terminate',
    async () => {
      const lake = await site.lake('terminate');
      const lost = lake.lose(8);
      const run = await site.park(lake, 1);
      await operator.open(site.partition(run.workflowId, lost));
      await operator.terminate('tried to see what happens', 'terminate-dialog');
      await operator.status('Terminated');

      await operator.open(run.workflowId);
      await operator.details(/ended without a report \(terminated\)/);
      await operator.picture('run-terminated-partition', { runbook: true });
      lake.repair();
      const again = await site.sandbox.run(site.command(lake));
      expect({ code: again.code, out: again.stdout }).toEqual({
        code: 0,
        out: expect.stringContaining('4 of 4'),
      });
      await operator.open(run.workflowId);
      await operator.status('Completed');
      await site.whole(lake);
    },
  );

  scenario(
    'starts a workflow like a terminated partition: the run counts it and ends',
    'start-like',
    async () => {
      const lake = await site.lake('like');
      const lost = lake.lose(16);
      const run = await site.park(lake, 1);
      await operator.open(site.partition(run.workflowId, lost));
      await operator.terminate('to be started again');
      await operator.status('Terminated');
      lake.repair();
      await operator.startLikeThis('start-like-this');
      await operator.open(site.partition(run.workflowId, lost));
      await operator.status('Completed');
      await operator.open(run.workflowId);
      await operator.status('Completed');
      await site.whole(lake);
    },
  );

  scenario('sends the update `retryPartitions` to the run', 'update', async () => {
    const lake = await site.lake('update');
    const lost = [1, 6, 11].map((offset) => lake.lose(offset));
    const run = await site.park(lake, 3);
    await operator.open(run.workflowId);
    await operator.details('LEDGER_MISSING');
    await operator.picture('run-parked', { runbook: true });
    lake.repair();
    const start = Math.floor((lost[0] ?? 0) / SIZE) * SIZE;
    await operator.update('retryPartitions', { starts: [start] }, 'update-retry-partitions');
    expect(await operator.list(run.parkedUrl, 2)).toEqual(
      lost.slice(1).map((ledger) => site.partition(run.workflowId, ledger)),
    );
    await operator.open(run.workflowId);
    await operator.update('retryPartitions', { all: true });
    await operator.status('Completed');
    await site.whole(lake);
  });

  scenario('pauses, unpauses and resets a step that is tried again and again', 'activity', async () => {
    const lake = await site.lake('step');
    const stalled = lake.stall(4);
    const started = await site.sandbox.json<{ workflowId: string }>(site.command(lake, '--detach'));
    const run = started.document.workflowId;
    await operator.open(site.partition(run, stalled));
    await operator.tab('Pending Activities');
    await operator.attempt((attempt) => attempt >= 2);
    await operator.activity('Pause', 'activity-pause');
    await operator.page.getByRole('button', { name: 'Unpause', exact: true }).first().waitFor();
    await operator.picture('activity-paused', { runbook: true });
    // An attempt that ran when it was paused still ends, and is counted.
    await operator.page.waitForTimeout(2_000);
    await operator.page.reload();
    const paused = await operator.attempt(() => true);
    // Longer than every wait between two tries up to here.
    await operator.page.waitForTimeout(6_000);
    await operator.page.reload();
    expect(await operator.attempt(() => true)).toBe(paused);
    await operator.activity('Unpause');
    await operator.attempt((attempt) => attempt > paused);
    await operator.activity('Reset', 'activity-reset');
    await operator.attempt((attempt) => attempt <= 2);
    lake.repair();
    await operator.open(run);
    await operator.status('Completed');
    await site.whole(lake);
  });

  scenario('triggers a schedule', 'schedule', async () => {
    const lake = await site.lake('schedule');
    const made = await site.sandbox.json([
      ...['schedule', 'create', 'nightly', '--cron', '0 3 1 1 *', '--source', `galexie:${lake.dir}`],
      ...['--archive', site.archive(lake), '--partition-size', '5', '--max-ledgers', '100', '--lag', '0'],
    ]);
    expect(made.code).toBe(0);
    await operator.schedule('nightly');
    await operator.picture('schedule', { runbook: true });
    await operator.trigger('schedule-trigger');
    await operator.recentRun(/scheduled\/nightly/);
    await operator.status('Completed');
    await operator.picture('schedule-run');
    await site.whole(lake);
    expect((await site.sandbox.run(['schedule', 'delete', 'nightly'])).code).toBe(0);
  });
});

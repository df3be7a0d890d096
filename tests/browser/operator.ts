import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { FrameLocator, Locator, Page } from 'playwright-core';
import { shrinkPng } from './png';

/** Where screenshots go: always to the test's output, those of the runbook also to PARQUETRY_SCREENSHOTS. */
const OUTPUT = path.resolve(__dirname, '../output/browser');
const RUNBOOK = process.env['PARQUETRY_SCREENSHOTS'];

/** Timeout of every action on the page; longer on a loaded machine. */
const PATIENCE_MS = 60_000;

/** Time for the page to change before it is reloaded. */
const SOON = { timeout: 3_000 } as const;

const STATUS = /^\s*(Running|Completed|Terminated|Failed|Canceled|Timed Out|Continued as New)\s*$/;

/** The tabs of a workflow's page that the tests open. */
type Tab = 'History' | 'Pending Activities' | 'User Metadata';

/**
 * A person at the Temporal UI: does only what can be seen and clicked. The UI renders menus and dialogs more than once,
 * so they are found by role and name.
 */
export class Operator {
  constructor(
    readonly page: Page,
    private readonly ui: string,
  ) {
    page.setDefaultTimeout(PATIENCE_MS);
    mkdirSync(OUTPUT, { recursive: true });
    if (RUNBOOK !== undefined) mkdirSync(RUNBOOK, { recursive: true });
  }

  /** Takes a screenshot of the page or a part of it; `docs/operations.md` shows the `runbook` ones. */
  async picture(name: string, options: { runbook?: boolean; of?: Locator } = {}): Promise<void> {
    const file = path.join(OUTPUT, `${name}.png`);
    const png = await (options.of ?? this.page).screenshot({ path: file, animations: 'disabled' });
    if (options.runbook === true && RUNBOOK !== undefined)
      writeFileSync(path.join(RUNBOOK, `${name}.png`), shrinkPng(png));
  }

  /** Opens a list of workflows; returns the workflow ids that it shows, sorted, once there are `count`. */
  async list(url: string, count: number): Promise<string[]> {
    await this.page.goto(url);
    await this.page.getByRole('heading', { name: new RegExp(`^${count} Workflow`) }).waitFor();
    const rows = this.page.getByTestId('workflows-summary-configurable-table-row');
    const ids = await rows.getByRole('link', { name: '/p/' }).allTextContents();
    return ids.map((id) => id.trim()).sort();
  }

  /** Opens a workflow from the shown list. */
  async pick(workflowId: string): Promise<void> {
    await this.page.getByRole('link', { name: workflowId, exact: true }).first().click();
    await this.header(workflowId);
  }

  /** Opens a workflow's page: its latest run. */
  async open(workflowId: string): Promise<void> {
    await this.page.goto(`${this.ui}/namespaces/default/workflows/${encodeURIComponent(workflowId)}`);
    await this.header(workflowId);
  }

  async tab(name: Tab): Promise<void> {
    await this.page.getByRole('tab', { name: new RegExp(`^${name}`) }).click();
  }

  /** Opens the workflow's current details, which the UI shows in a frame, and waits for a text in them. */
  async details(text: RegExp | string): Promise<FrameLocator> {
    await this.tab('User Metadata');
    const frame = this.page.locator('iframe[title=output]').last().contentFrame();
    await this.patiently(() => frame.getByText(text).first().waitFor(SOON));
    return frame;
  }

  /** Waits until the page shows this status of the workflow: the first word of a status on it. */
  async status(status: 'Running' | 'Completed' | 'Terminated' | 'Failed'): Promise<void> {
    const badge = this.page.locator('main').getByText(STATUS).first();
    await this.patiently(() => badge.and(this.page.getByText(status, { exact: true })).waitFor(SOON));
  }

  /** Sends a signal that the workflow offers. */
  async signal(name: string, picture?: string): Promise<void> {
    const dialog = await this.action('Send a Signal', 'Send a Signal');
    await dialog.getByTestId('signal-select-button').click();
    const option = dialog.getByRole('option', { name: new RegExp(`^${name} `) });
    await option.waitFor();
    if (picture !== undefined) await this.picture(picture, { runbook: true, of: dialog });
    await option.click();
    await dialog.getByRole('button', { name: 'Submit' }).click();
    await dialog.waitFor({ state: 'hidden' });
  }

  /** Sends an update that the workflow offers; the dialog closes when the workflow has done it. */
  async update(name: string, argument: object, picture?: string): Promise<void> {
    const dialog = await this.action('Send an Update', 'Send an Update');
    await dialog.getByRole('button', { name: 'Select an Update' }).click();
    await dialog.getByRole('option', { name: new RegExp(`^${name} `) }).click();
    await dialog.getByRole('textbox').last().click();
    // Laid out as the box does itself when it is left: else that moves the button away from the click.
    await this.page.keyboard.insertText(JSON.stringify(argument, undefined, 2));
    if (picture !== undefined) await this.picture(picture, { runbook: true, of: dialog });
    await dialog.getByRole('button', { name: 'Submit' }).click();
    await dialog.waitFor({ state: 'hidden' });
  }

  /** Resets the workflow to its first workflow task. */
  async reset(reason: string, picture?: string): Promise<void> {
    const dialog = await this.action('Reset', 'Reset Workflow');
    await dialog.getByTestId('workflow-reset-event-id-select-button').click();
    await dialog.getByRole('option', { name: 'WorkflowTaskCompleted' }).first().click();
    await dialog.getByRole('textbox').last().fill(reason);
    if (picture !== undefined) await this.picture(picture, { runbook: true, of: dialog });
    await dialog.getByRole('button', { name: 'Confirm' }).click();
    await dialog.waitFor({ state: 'hidden' });
  }

  async terminate(reason: string, picture?: string): Promise<void> {
    const dialog = await this.action('Terminate', 'Terminate Workflow');
    await dialog.getByRole('textbox').fill(reason);
    if (picture !== undefined) await this.picture(picture, { runbook: true, of: dialog });
    await dialog.getByRole('button', { name: 'Terminate' }).click();
    await dialog.waitFor({ state: 'hidden' });
  }

  /** Starts a workflow with the input of the shown one, under the same id. */
  async startLikeThis(picture?: string): Promise<void> {
    await this.choose('Start Workflow Like This One');
    await this.page.getByRole('heading', { name: 'Start a Workflow' }).waitFor();
    await this.page.getByText('Task Queue is Active').waitFor();
    // The input of the other workflow comes later than the page.
    await this.page.getByText('"archive"').first().waitFor();
    if (picture !== undefined) await this.picture(picture, { runbook: true });
    const started = this.page.waitForResponse(
      (response) => response.request().method() === 'POST' && response.url().includes('/workflows/'),
    );
    await this.page.getByRole('button', { name: 'Start Workflow', exact: true }).click();
    expect((await started).status()).toBe(200);
  }

  /** A command on the shown pending activity. */
  async activity(command: 'Pause' | 'Unpause' | 'Reset', picture?: string): Promise<void> {
    await this.page.getByRole('button', { name: command, exact: true }).first().click();
    // The dialog of "Unpause" is headed "Pause Activity".
    const dialog = this.page.getByRole('dialog', { name: /Activity \d+$/ });
    await dialog.waitFor();
    const reason = dialog.getByRole('textbox', { name: 'Reason' });
    if ((await reason.count()) > 0) await reason.fill('the disk is being looked at');
    if (picture !== undefined) await this.picture(picture, { runbook: true, of: dialog });
    await dialog.getByRole('button', { name: command, exact: true }).click();
    await dialog.waitFor({ state: 'hidden' });
  }

  /** The attempt of the shown pending activity, once it has the expected state. */
  async attempt(wanted: (attempt: number) => boolean): Promise<number> {
    let attempt = 0;
    await this.patiently(async () => {
      const text = await this.page
        .getByText(/^\s*\d+ of \d+/)
        .first()
        .innerText(SOON);
      attempt = Number.parseInt(text, 10);
      if (!wanted(attempt)) throw new Error(`attempt ${attempt}`);
    });
    return attempt;
  }

  /** Opens a schedule from the Schedules page. */
  async schedule(name: string): Promise<void> {
    await this.page.goto(`${this.ui}/namespaces/default/workflows`);
    await this.page.getByRole('link', { name: 'Schedules' }).first().click();
    await this.page.getByRole('link', { name }).first().click();
    await this.page.getByRole('heading', { name }).first().waitFor();
    await this.page.getByText('Recent Runs').first().waitFor();
  }

  /** Triggers the shown schedule. */
  async trigger(picture?: string): Promise<void> {
    await this.page
      .getByRole('button', { name: /actions/i })
      .last()
      .click();
    await this.page.getByRole('menuitem', { name: 'Trigger' }).first().click();
    const dialog = this.page.getByRole('dialog').filter({ hasText: 'Trigger' });
    await dialog.waitFor();
    if (picture !== undefined) await this.picture(picture, { runbook: true, of: dialog });
    await dialog.getByRole('button', { name: 'Trigger' }).click();
    await dialog.waitFor({ state: 'hidden' });
  }

  /** Opens the last workflow of the shown schedule; it continues as the backfill, which is its latest execution. */
  async recentRun(name: RegExp): Promise<void> {
    await this.patiently(() => this.page.getByRole('link', { name }).first().click(SOON));
    const latest = this.page.locator('main').getByText('Latest Execution').locator('..').getByRole('link');
    await this.patiently(() => latest.first().click(SOON));
    await this.page.locator('main').getByRole('link', { name: 'backfill', exact: true }).first().waitFor();
  }

  /** Opens a dialog of *More Actions*. */
  private async action(item: string, dialog: string): Promise<Locator> {
    await this.choose(item);
    const found = this.page.getByRole('dialog', { name: dialog });
    await found.waitFor();
    return found;
  }

  /** Chooses from *More Actions*; on a closed workflow *Reset* is a separate button. */
  private async choose(item: string): Promise<void> {
    const button = this.page.locator('main').getByRole('button', { name: item, exact: true });
    if (await button.first().isVisible()) return button.first().click();
    await this.page.getByRole('button', { name: 'More Actions' }).first().click();
    await this.page.getByRole('menuitem', { name: item, exact: true }).first().click();
  }

  private async header(workflowId: string): Promise<void> {
    // A partition may not have been started yet when its page is opened.
    await this.patiently(() =>
      this.page.getByRole('heading', { name: workflowId, level: 1 }).waitFor({ timeout: SOON.timeout }),
    );
    await this.page.getByRole('button', { name: 'More Actions' }).first().waitFor();
  }

  /** Waits for an element, and reloads the page in between as a person would. */
  async patiently(look: () => Promise<unknown>): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    for (;;)
      try {
        await look();
        return;
      } catch (error) {
        if (Date.now() > end) throw error;
        await this.page.reload();
      }
  }
}

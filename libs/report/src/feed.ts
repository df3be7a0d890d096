import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { isParquetryError } from '@parquetry/core';
import type { ReportData } from './data';

/** Shortest time between two readings of an archive, and the share of time that they may take. */
const MIN_WAIT_MS = 2_000;
const REST = 4;

/** Bytes that may wait for a page. One that does not read is cut off; the browser connects again when it can. */
const MAX_WAITING_BYTES = 8e6;

/** What a live page is sent. */
export interface LiveState {
  readonly data?: ReportData;
  /** Why there is no data. */
  readonly problem?: string;
  /** URIs of the archives that can be shown, the newest first, and this one. */
  readonly archives: readonly string[];
  readonly shown: string;
  /** Whether the page may send actions. */
  readonly actions: boolean;
}

/**
 * Reads an archive again and again while pages follow it, and sends them what changed. Nothing is read without a page.
 */
export class Feed {
  private readonly pages = new Set<ServerResponse>();
  private last = '';
  private lastKey = '';
  private running = false;
  private stop = new AbortController();

  constructor(
    private readonly read: () => Promise<LiveState>,
    private readonly log: (line: string) => void,
  ) {}

  /** Sends the events to a page until it goes away. */
  add(page: ServerResponse): void {
    this.pages.add(page);
    page.on('close', () => {
      this.pages.delete(page);
      if (this.pages.size === 0) this.stop.abort();
    });
    if (this.last !== '') send(page, 'report', this.last);
    if (!this.running) void this.run();
  }

  /** Pages that follow. */
  get size(): number {
    return this.pages.size;
  }

  /** Ends all pages. */
  close(): void {
    for (const page of this.pages) page.end();
    this.pages.clear();
    this.stop.abort();
  }

  private async run(): Promise<void> {
    this.running = true;
    try {
      while (this.pages.size > 0) {
        this.stop = new AbortController();
        const started = Date.now();
        await this.update();
        const wait = Math.max(MIN_WAIT_MS, REST * (Date.now() - started));
        await sleep(wait, undefined, { signal: this.stop.signal }).catch(() => undefined);
      }
    } finally {
      this.running = false;
    }
  }

  private async update(): Promise<void> {
    const state = await this.read().catch((error: unknown) => this.failed(error));
    // Times that pass are no change: the page shows when the state was read.
    const key = JSON.stringify(state, (name, value: unknown) =>
      name === 'madeAt' || name === 'seconds' ? undefined : value,
    );
    this.last = JSON.stringify(state);
    const changed = key !== this.lastKey;
    this.lastKey = key;
    for (const page of this.pages)
      if (changed) send(page, 'report', this.last);
      else send(page, 'same', JSON.stringify(state.data?.madeAt ?? ''));
  }

  private failed(error: unknown): LiveState {
    const problem = isParquetryError(error)
      ? error.message
      : 'The archive could not be read; the log of the worker says why.';
    if (!isParquetryError(error)) this.log(`The archive could not be read: ${String(error)}`);
    return { problem, archives: [], shown: '', actions: false };
  }
}

/** An event of a page; JSON has no line breaks. */
function send(page: ServerResponse, event: string, json: string): void {
  if (page.writableLength > MAX_WAITING_BYTES) page.destroy();
  else page.write(`event: ${event}\ndata: ${json}\n\n`);
}

import { ParquetryError, isParquetryError, withoutSecrets } from '@parquetry/core';
import { isLoopback, type LiveServer, type LiveSource, type LiveState, servePage } from '@parquetry/report';
import type { Output } from '../output';
import { archiveRoot } from '../runspec';
import { sendAction } from './actions';
import { ActivityCache, archivesOfRuns } from './activity';
import type { TemporalView } from './server';
import { ReportSource } from './source';

/** Where `parquetry dev` serves the page unless it is told another address. */
const DEV_ADDRESS = '127.0.0.1:8234';

const MIN_TOKEN = 16;

/** Archives that one page can choose from. */
const MAX_ARCHIVES = 20;

/** Options of the commands that serve the live page. */
export interface LiveOptions {
  readonly ui?: string;
  readonly uiActions?: boolean;
  readonly archive?: string;
  readonly region?: string;
  /** The archives that the worker may open. */
  readonly allowArchive?: readonly string[];
}

/**
 * Serves the live page of a worker: of the archive in the options, else of those that the newest runs write to. `dev`
 * serves it without being asked, on another port when its own is taken.
 * @throws ParquetryError CONFIG_INVALID for an address that can't be used, and for actions without a token
 */
export async function serveLive(
  view: TemporalView,
  options: LiveOptions,
  output: Pick<Output, 'note'>,
  dev = false,
): Promise<LiveServer | undefined> {
  const { ui = dev ? DEV_ADDRESS : undefined, uiActions = false } = options;
  if (ui === undefined) return undefined;
  const token = uiActions ? actionToken() : undefined;
  const source: LiveSource = {
    read: reader(view, options, uiActions),
    log: (line) => output.note(line),
    ...(token === undefined
      ? {}
      : { actions: { token, run: (action, workflow) => sendAction(view, action, workflow) } }),
  };
  const server = await servePage(ui, source).catch((error: unknown) => {
    if (options.ui !== undefined || !isParquetryError(error)) throw error;
    return servePage('127.0.0.1:0', source);
  });
  output.note(`Archive page: ${server.url}`);
  const host = ui.slice(0, ui.lastIndexOf(':')).replace(/^\[|\]$/g, '');
  if (!isLoopback(host))
    output.note('The archive page has no login: everyone who reaches this address can read it.');
  return server;
}

/** @throws ParquetryError CONFIG_INVALID */
function actionToken(): string {
  const token = process.env['PARQUETRY_UI_TOKEN'] ?? '';
  if (token.length >= MIN_TOKEN) return token;
  throw new ParquetryError(
    'CONFIG_INVALID',
    `--ui-actions needs a token of at least ${MIN_TOKEN} characters in PARQUETRY_UI_TOKEN.`,
    { hint: 'For example: export PARQUETRY_UI_TOKEN=$(openssl rand -hex 16)' },
  );
}

/** Reads one of the archives that a page may show; it can't name others. */
function reader(
  view: TemporalView,
  { archive, region, allowArchive }: LiveOptions,
  actions: boolean,
): (wanted: string) => Promise<LiveState> {
  const sources = new Map<string, ReportSource>();
  const cache = new ActivityCache();
  const allow = allowArchive === undefined ? {} : { archives: allowArchive };
  return async (wanted) => {
    const archives =
      archive === undefined
        ? (await archivesOfRuns(view, cache, allow)).slice(0, MAX_ARCHIVES)
        : [archiveRoot(archive)];
    const root = archives.includes(wanted) ? wanted : archives[0];
    if (root === undefined)
      return {
        problem: `No run has written to an archive${allowArchive === undefined ? '' : ' that --allow-archive covers'} yet: start one with \`parquetry backfill\`.`,
        archives,
        shown: '',
        actions,
      };
    const source = sources.get(root) ?? new ReportSource(root, region === undefined ? {} : { region });
    sources.set(root, source);
    try {
      return { data: await source.read(view), archives, shown: root, actions };
    } catch (error) {
      if (!isParquetryError(error)) throw error;
      return { problem: withoutSecrets(error.message, process.env), archives, shown: root, actions };
    }
  };
}

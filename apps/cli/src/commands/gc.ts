import type { Collected } from '@parquetry/audit';
import { ParquetryError } from '@parquetry/core';
import type { Define } from '../cli';
import { type Output, formatBytes } from '../output';

interface Options {
  readonly archive: string;
  /** The work folder of this machine's workers. */
  readonly stage?: string;
  /** Minimum age of removed files, milliseconds. */
  readonly grace?: number;
  /** Remove files; without it only list them. */
  readonly yes?: boolean;
}

/** `parquetry gc` */
export const define: Define = ({ command, output, run }) =>
  command('gc', 'list files that no commit references, after a grace period; --yes removes them', 'Maintain')
    .settings(['archive', 'region', 'stage'], { required: ['archive'] })
    .option(
      '--grace <time>',
      'minimum age of what is removed, e.g. 7d or 72h; runs may be older (default: 7d)',
      parseGrace,
    )
    .option('--yes', 'remove the files')
    .writes('yes')
    .example('parquetry gc --archive ./archive --grace 72h --yes')
    .action((options: Options) => run(() => gc(options, output)));

const HOUR_MS = 3_600_000;
const UNITS: Readonly<Record<string, number>> = { d: 24 * HOUR_MS, h: HOUR_MS, m: 60_000 };

/**
 * Lists files that no commit references and that did not change in the grace period; with `--yes` removes them. Keeps
 * files that became live or changed since they were listed.
 */
async function gc(options: Options, output: Output): Promise<number> {
  const { archive: root, stage, grace = parseGrace('7d'), yes = false } = options;
  const { collectWaste } = require('@parquetry/audit') as typeof import('@parquetry/audit');
  const { openManaged } = require('../archive') as typeof import('../archive');
  const { workFolder } = require('../workfolder') as typeof import('../workfolder');
  const { archive, store } = await openManaged(root);
  const before = Date.now() - grace;
  const rows: (Omit<Collected, 'modified'> & { readonly modified: string })[] = [];
  for await (const { kind, key, size, modified, action } of collectWaste(archive, store, {
    before,
    dryRun: !yes,
    workRoot: workFolder(stage),
  }))
    rows.push({ kind, key, size, modified: new Date(modified).toISOString(), action });
  if (rows.length > 0)
    output.table(
      ['what', 'size', 'last change', 'action', 'where'],
      rows.map((row) => [row.kind, formatBytes(row.size), row.modified, row.action, row.key]),
    );
  const due = rows.filter(({ action }) => action === 'removed' || action === 'would be removed');
  const bytes = due.reduce((sum, { size }) => sum + size, 0);
  output.say(
    yes
      ? `Removed ${due.length} of ${rows.length}, ${formatBytes(bytes)}.`
      : `${due.length} of ${rows.length} would be removed, ${formatBytes(bytes)}; nothing was removed. Add --yes to remove them.`,
  );
  output.document({ dryRun: !yes, found: rows, count: due.length, bytes });
  return 0;
}

/**
 * Parses a grace period such as `7d`, `72h`.
 * @throws ParquetryError USAGE if it is too short: a running publish relies on uncommitted files for some time
 */
function parseGrace(text: string): number {
  const match = /^(\d{1,6})([dhm])$/.exec(text);
  const ms = Number(match?.[1]) * (UNITS[match?.[2] ?? ''] ?? Number.NaN);
  const { REUSE_MS } = require('@parquetry/archive') as typeof import('@parquetry/archive');
  const least = 2 * REUSE_MS;
  if (!(ms >= least))
    throw new ParquetryError(
      'USAGE',
      `--grace ${text} is not a time of at least ${least / HOUR_MS}h, such as 7d.`,
      {
        hint: `A retried step uses its uncommitted files again for up to ${REUSE_MS / HOUR_MS}h.`,
      },
    );
  return ms;
}

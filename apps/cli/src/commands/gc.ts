import { type Waste, findWaste } from '@parquetry/audit';
import { REUSE_MS } from '@parquetry/archive';
import { ParquetryError } from '@parquetry/core';
import { openManaged } from '../archive';
import { type Output, formatBytes } from '../output';

/** What `gc` is asked. */
export interface GcOptions {
  /** Only what is older goes, milliseconds. */
  readonly graceMs: number;
  /** Remove; without it only say what would go. */
  readonly yes: boolean;
  /** Folder of this machine with the stages of workers. */
  readonly workRoot: string;
}

const HOUR_MS = 3_600_000;
const UNITS: Readonly<Record<string, number>> = { d: 24 * HOUR_MS, h: HOUR_MS, m: 60_000 };

/**
 * `parquetry gc`: what no commit names and nobody has touched for the grace time, and with `--yes` without it. Whatever
 * became live or changed since it was listed stays.
 */
export async function gc(root: string, options: GcOptions, output: Output): Promise<number> {
  const { archive, store } = await openManaged(root);
  const before = Date.now() - options.graceMs;
  const rows: { kind: Waste['kind']; key: string; size: number; modified: string; action: string }[] = [];
  for await (const waste of findWaste(archive, store, { workRoot: options.workRoot })) {
    const { kind, key, size, modified } = waste;
    rows.push({
      kind,
      key,
      size,
      modified: new Date(modified).toISOString(),
      action: await act(waste, before, options.yes),
    });
  }
  if (rows.length > 0)
    output.table(
      ['what', 'size', 'last change', 'action', 'where'],
      rows.map((row) => [row.kind, formatBytes(row.size), row.modified, row.action, row.key]),
    );
  const due = rows.filter(({ action }) => action === 'removed' || action === 'would go');
  const bytes = due.reduce((sum, { size }) => sum + size, 0);
  output.say(
    options.yes
      ? `Removed ${due.length} of ${rows.length}, ${formatBytes(bytes)}.`
      : `${due.length} of ${rows.length} would go, ${formatBytes(bytes)}; nothing was removed. Add --yes to remove them.`,
  );
  output.document({ dryRun: !options.yes, found: rows, count: due.length, bytes });
  return 0;
}

async function act(waste: Waste, before: number, remove: boolean): Promise<string> {
  if (waste.modified >= before) return 'too young';
  if (!remove) return 'would go';
  return (await waste.remove(before)) ? 'removed' : 'in use again';
}

/**
 * Reads a grace time such as `7d`, `72h`.
 * @throws ParquetryError USAGE when it is shorter than what a publish under way may rely on
 */
export function parseGrace(text: string): number {
  const match = /^(\d{1,6})([dhm])$/.exec(text);
  const ms = Number(match?.[1]) * (UNITS[match?.[2] ?? ''] ?? Number.NaN);
  const least = 2 * REUSE_MS;
  if (!(ms >= least))
    throw new ParquetryError(
      'USAGE',
      `--grace ${text} is not a time of at least ${least / HOUR_MS}h, such as 7d.`,
      {
        hint: 'It must be longer than the longest run: what a run is about to commit must not be removed.',
      },
    );
  return ms;
}

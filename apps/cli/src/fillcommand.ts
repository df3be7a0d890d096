import { type ArchiveIdentity, parseDataset } from '@parquetry/archive';
import { DEFAULT_WRITE_SETTINGS, formatRange, type LedgerRange, type WriteSettings } from '@parquetry/core';
import type { RunSpec } from '@parquetry/workflows';
import { setting } from './settings';

/** Ledgers of some datasets to fill. */
interface Wanted {
  readonly range: LedgerRange;
  readonly datasets: readonly string[];
}

/**
 * The `backfill` command that fills ledgers as the run with this spec would have. It fills only: `--mode replace` of
 * that run is left out, and the options of its worker are not part of a spec.
 * @param archive the archive's current root; it may have moved since the run
 */
export function fillCommand(spec: RunSpec, archive: string, wanted: Wanted, region?: string): string {
  const { source, settings, contract } = spec;
  return line([
    ['source', source.uri],
    ...target(archive, wanted, region),
    ['message-type', source.messageType],
    ['default-type', source.defaultType],
    ...assignments('close-time', source.closeTime),
    ...assignments('ledger-path', source.ledger),
    ['network', spec.network],
    ['prefix', spec.prefix],
    ['partition-size', spec.partitionSize],
    ...fileOptions(settings),
    ['nested', spec.nested],
    ['contract-columns', contract?.columns],
    ['contract-types', contract?.types],
    ['compatibility', spec.compatibility?.toLowerCase()],
    ['unknown', spec.unknown],
    ['row-hashes', spec.rowHashes],
    ['max-rejects', spec.maxRejects],
    ['verify', spec.verify],
  ]);
}

/** The same without a spec: the source has to be inserted. Has the settings that the archive requires. */
export function sourcelessCommand(
  { layout }: Pick<ArchiveIdentity, 'layout'>,
  archive: string,
  wanted: Wanted,
  region?: string,
): string {
  return line([
    ['source', 'SOURCE'],
    ...target(archive, wanted, region),
    ...fileOptions({ ...DEFAULT_WRITE_SETTINGS, layout }),
  ]);
}

type Given = readonly [name: string, value: string | number | boolean | undefined];

function target(archive: string, { range, datasets }: Wanted, region: string | undefined): Given[] {
  const types = new Set(datasets.map((dataset) => parseDataset(dataset).messageType));
  return [
    ['archive', archive],
    ['region', region],
    ['ledgers', formatRange(range)],
    ['types', [...types].join(',')],
  ];
}

function fileOptions(settings: WriteSettings): Given[] {
  const { layout, maxFileBytes, integers } = settings;
  return [
    ['layout', layout.kind],
    ['ledgers-per-folder', layout.kind === 'ledger_range' ? layout.width : undefined],
    ['compression', settings.compression],
    ['compression-level', settings.compressionLevel],
    ['buffer-size', settings.maxRowsPerFile],
    [
      'max-file-size-mb',
      maxFileBytes === undefined ? undefined : Math.max(1, Math.round(maxFileBytes / 1e6)),
    ],
    ['sort-by', settings.sortBy?.join(',')],
    ['portable-integers', integers === undefined ? undefined : integers === 'signed'],
    ['include-metadata', settings.metadata],
  ];
}

function assignments(name: string, paths: Readonly<Record<string, string>> = {}): Given[] {
  return Object.entries(paths).map(([type, path]) => [name, `${type}=${path}`]);
}

/** Leaves out unset options and those with their default. */
function line(given: readonly Given[]): string {
  const words = given.flatMap(([name, value]) => {
    if (value === undefined || value === setting(name).default) return [];
    if (typeof value === 'boolean') return [value ? `--${name}` : `--no-${name}`];
    return [`--${name}`, shellWord(String(value))];
  });
  return ['parquetry backfill', ...words].join(' ');
}

/** A text as one word of a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

import { type IntegerStyle, type Layout, ParquetryError } from '@parquetry/core';
import { canonicalJson, NESTINGS, type Nesting } from '@parquetry/schema';
import type { ObjectStore } from '@parquetry/storage';
import { whenAbsent } from './absent';

/** Folder of an archive's own objects. */
export const META_FOLDER = '_parquetry';

/** The network of an archive of messages whose run names none. */
export const UNSPECIFIED_NETWORK = 'unspecified';

const IDENTITY_KEY = `${META_FOLDER}/archive.json`;
const FORMAT_VERSION = 1;

/** Settings that all datasets of an archive share from its first run on. A later run with another value is refused. */
export interface ArchiveIdentity {
  readonly formatVersion: 1;
  /** Name of the Stellar network, e.g. `pubnet`. */
  readonly network: string;
  readonly layout: Layout;
  readonly integers: IntegerStyle;
  /** How nested objects and arrays of inferred columns are stored. */
  readonly nesting: Nesting;
  /** Folder of the datasets below the root; absent for the root itself. */
  readonly prefix?: string;
}

/**
 * The identity of the archive at a store; undefined when there is none.
 * @throws ParquetryError ARCHIVE_INVALID when a newer version wrote it
 */
export async function findIdentity(store: ObjectStore): Promise<ArchiveIdentity | undefined> {
  const bytes = await store.get(IDENTITY_KEY).catch(whenAbsent);
  return bytes === undefined ? undefined : parse(Buffer.from(bytes).toString('utf8'), store.uri);
}

/** @throws ParquetryError ARCHIVE_INVALID when there is no archive or a newer version wrote it */
export async function readIdentity(store: ObjectStore): Promise<ArchiveIdentity> {
  const found = await findIdentity(store);
  if (found !== undefined) return found;
  throw new ParquetryError('ARCHIVE_INVALID', `There is no archive at ${store.uri}.`, {
    details: { archive: store.uri },
    hint: 'Check the path, or create the archive with parquetry backfill.',
  });
}

/**
 * Creates the archive's identity, or checks it against the existing one; of two concurrent callers one wins.
 * @throws ParquetryError ARCHIVE_MISMATCH naming both values
 */
export async function ensureIdentity(store: ObjectStore, wanted: ArchiveIdentity): Promise<ArchiveIdentity> {
  const bytes = Buffer.from(`${canonicalJson(wanted)}\n`);
  const known = await findIdentity(store);
  if (known === undefined && (await store.putIfAbsent(IDENTITY_KEY, bytes)) === 'created') return wanted;
  const found = known ?? (await readIdentity(store));
  assertIdentity(store, found, wanted);
  return found;
}

/**
 * Checks the identity of the archive at a store against the one that a run wants.
 * @throws ParquetryError ARCHIVE_MISMATCH naming both values
 */
export function assertIdentity(store: ObjectStore, found: ArchiveIdentity, wanted: ArchiveIdentity): void {
  for (const key of ['formatVersion', 'network', 'layout', 'integers', 'nesting', 'prefix'] as const) {
    const has = describe(found[key]);
    const requested = describe(wanted[key]);
    if (has !== requested)
      throw new ParquetryError(
        'ARCHIVE_MISMATCH',
        `The archive ${store.uri} has the ${key} ${has}; this run requests ${requested}.`,
        {
          details: { archive: store.uri, setting: key, archiveValue: has, runValue: requested },
          hint: `Use ${has}, or another archive.`,
        },
      );
  }
}

function describe(value: string | number | Layout | undefined): string {
  if (value === undefined) return 'none';
  if (typeof value !== 'object') return String(value);
  return value.kind === 'ledger_range' ? `${value.kind} of ${value.width}` : value.kind;
}

function parse(text: string, uri: string): ArchiveIdentity {
  const invalid = (why: string): ParquetryError =>
    new ParquetryError('ARCHIVE_INVALID', `${uri}/${IDENTITY_KEY} is not an archive's identity: ${why}.`, {
      details: { archive: uri },
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid('it is not JSON');
  }
  if (typeof value !== 'object' || value === null) throw invalid('it is not an object');
  const row = value as Partial<Record<keyof ArchiveIdentity, unknown>>;
  if (row.formatVersion !== FORMAT_VERSION)
    throw invalid(
      `its format version is ${String(row.formatVersion)}, this program supports ${FORMAT_VERSION}`,
    );
  if (typeof row.network !== 'string') throw invalid('it has no network');
  if (row.integers !== 'unsigned' && row.integers !== 'signed')
    throw invalid(`it has the integer style ${String(row.integers)}`);
  const nesting = NESTINGS.find((style) => style === row.nesting);
  if (nesting === undefined) throw invalid(`it has the nesting style ${String(row.nesting)}`);
  if (row.prefix !== undefined && typeof row.prefix !== 'string') throw invalid('its prefix is not a string');
  return {
    formatVersion: FORMAT_VERSION,
    network: row.network,
    layout: parseLayout(row.layout, invalid),
    integers: row.integers,
    nesting,
    ...(row.prefix === undefined ? {} : { prefix: row.prefix }),
  };
}

function parseLayout(value: unknown, invalid: (why: string) => ParquetryError): Layout {
  const { kind, width } = (typeof value === 'object' && value !== null ? value : {}) as {
    kind?: unknown;
    width?: unknown;
  };
  if (kind === 'ledger_day' || kind === 'hour') return { kind };
  if (kind === 'ledger_range' && typeof width === 'number' && Number.isSafeInteger(width) && width > 0)
    return { kind, width };
  throw invalid('its layout is unknown');
}

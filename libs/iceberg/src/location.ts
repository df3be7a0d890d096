import { ParquetryError } from '@parquetry/core';
import type { ObjectStore } from '@parquetry/storage';

/** Folder of the Iceberg tables below the archive's root. */
const FOLDER = '_iceberg';

const METADATA = /^v(\d{1,15})\.metadata\.json$/;

/** Keys and URIs of the Iceberg table of one dataset. */
export class Location {
  /** Key of the table's folder. */
  readonly folder: string;

  constructor(
    private readonly store: ObjectStore,
    dataset: string,
  ) {
    this.folder = `${FOLDER}/${dataset}`;
  }

  /**
   * The archive's root as readers name it: `file:///…`, `s3://…`, `gs://…`.
   * @throws ParquetryError ICEBERG_UNSUPPORTED when the path of the archive has characters that readers misread
   */
  get root(): string {
    return icebergRoot(this.store.uri);
  }

  /** Whether metadata of a table was made for this place; not that of an archive which was moved or copied. */
  isPlaceOf({ location }: { readonly location: string }): boolean {
    return isReadable(this.store.uri) && location === this.table;
  }

  /** The table's location. */
  get table(): string {
    return this.uri(this.folder);
  }

  /** The URI of an object of the archive. */
  uri(key: string): string {
    return `${this.root}/${key}`;
  }

  /** The key of an object that a URI names; undefined when it is not in the archive. */
  keyOf(uri: string): string | undefined {
    return uri.startsWith(`${this.root}/`) ? uri.slice(this.root.length + 1) : undefined;
  }

  /** The key of a file of the table's metadata. */
  key(name: string): string {
    return `${this.folder}/metadata/${name}`;
  }

  /** The key of the file that names the newest metadata, for readers without a catalog. */
  get hint(): string {
    return this.key('version-hint.text');
  }

  /** The key of the metadata of a Delta version; file catalogs count from 1. */
  metadata(version: number): string {
    return this.key(`v${version + 1}.metadata.json`);
  }
}

/** The Delta version that a metadata file belongs to, by its name. */
export function metadataVersion(name: string): number | undefined {
  const match = METADATA.exec(name);
  return match === null ? undefined : Number(match[1]) - 1;
}

/**
 * An archive's root as readers of Iceberg tables name it.
 * @throws ParquetryError ICEBERG_UNSUPPORTED when its path has characters that they misread
 */
export function icebergRoot(uri: string): string {
  if (isReadable(uri)) return `${isLocal(uri) ? 'file://' : ''}${uri.replace(/\/+$/, '')}`;
  throw new ParquetryError(
    'ICEBERG_UNSUPPORTED',
    `Iceberg readers misread the path ${uri}: it has one of the characters ? # %.`,
    { hint: 'Move the archive to a folder without these characters, or do without Iceberg tables.' },
  );
}

/** Readers take the text behind `file://` as it is, without decoding it. */
function isReadable(uri: string): boolean {
  return !isLocal(uri) || !/[?#%]/.test(uri);
}

function isLocal(uri: string): boolean {
  return !/^[a-z][a-z0-9]+:\/\//.test(uri);
}

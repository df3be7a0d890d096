import { canonicalJson } from '@parquetry/schema';
import type { ObjectStore } from '@parquetry/storage';
import { Dataset } from './dataset';
import type { CheckpointReader, CheckpointWriter } from './delta/checkpoint';
import { LOG_FOLDER, parseLogName } from './delta/paths';
import { parquetCheckpointReader } from './delta/reader';
import { datasetFault, datasetFolder } from './folder';
import { type ArchiveIdentity, ensureIdentity, findIdentity, readIdentity } from './identity';
import { Majors } from './majors';
import { SchemaRegistry } from './registry';

/** How an archive is opened. */
export interface ArchiveOptions {
  /** Creates the archive when it does not exist; the identity of an existing archive must equal this one. */
  readonly create?: ArchiveIdentity;
  /** Without it no checkpoints are written: the table stays correct, but its log takes longer to read. */
  readonly checkpointWriter?: CheckpointWriter;
  readonly checkpointReader?: CheckpointReader;
  /** Unix milliseconds; the wall clock when absent. Times are stored in the log and in records, never in data files. */
  readonly clock?: () => number;
}

/** A root with datasets, their registry and their commits. */
export class Archive {
  readonly registry: SchemaRegistry;
  readonly majors: Majors;
  private readonly opened = new Map<string, Dataset>();

  private constructor(
    readonly store: ObjectStore,
    readonly identity: ArchiveIdentity,
    private readonly options: ArchiveOptions,
  ) {
    this.registry = new SchemaRegistry(store);
    this.majors = new Majors(store);
  }

  /** @throws ParquetryError ARCHIVE_INVALID when the archive does not exist and `create` is absent, ARCHIVE_MISMATCH */
  static async open(store: ObjectStore, options: ArchiveOptions = {}): Promise<Archive> {
    const identity =
      options.create === undefined ? await readIdentity(store) : await ensureIdentity(store, options.create);
    return new Archive(store, identity, options);
  }

  /** True while storage has an archive with the identity that this one was opened with. */
  async isCurrent(): Promise<boolean> {
    const found = await findIdentity(this.store);
    return found !== undefined && canonicalJson(found) === canonicalJson(this.identity);
  }

  /** Returns a dataset by name; it may have no commits. @throws ParquetryError MESSAGE_TYPE_INVALID */
  dataset(name: string): Dataset {
    const known = this.opened.get(name);
    if (known !== undefined) return known;
    const dataset = new Dataset(name, datasetFolder(name, this.identity.prefix), {
      store: this.store,
      identity: this.identity,
      reader: this.options.checkpointReader ?? parquetCheckpointReader,
      writer: this.options.checkpointWriter,
      clock: this.options.clock ?? Date.now,
    });
    this.opened.set(name, dataset);
    return dataset;
  }

  /** Names of the datasets that have a commit log, in order. */
  async datasets(): Promise<string[]> {
    const prefix = this.identity.prefix ?? '';
    const names = new Set<string>();
    for await (const name of this.store.folders(prefix)) names.add(name);
    const last = prefix.split('/').at(-1);
    if (last !== undefined) names.add(last);
    const found: string[] = [];
    for (const name of [...names].sort())
      if (datasetFault(name) === undefined && (await this.hasLog(name))) found.push(name);
    return found;
  }

  private async hasLog(name: string): Promise<boolean> {
    const prefix = `${datasetFolder(name, this.identity.prefix)}/${LOG_FOLDER}/`;
    for await (const { key } of this.store.list(prefix))
      if (parseLogName(key.slice(prefix.length)) !== undefined) return true;
    return false;
  }
}

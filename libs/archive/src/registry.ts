import { COMPATIBILITY_MODES, type CompatibilityMode, DEFAULT_MODE, ParquetryError } from '@parquetry/core';
import {
  assertStorable,
  canonicalJson,
  checkCompatibility,
  type Compatibility,
  mergeSchemas,
  type RegisteredSchema,
  schemaFingerprint,
  type TableSchema,
} from '@parquetry/schema';
import type { ObjectStore } from '@parquetry/storage';
import { whenAbsent } from './absent';
import { assertDataset, datasetFault } from './folder';
import { META_FOLDER } from './identity';
import { schemaConflict } from './schemaconflict';

const SCHEMAS = `${META_FOLDER}/schemas`;
const MAX_RACES = 100;

/** Options of a registration. */
export interface RegisterOptions {
  /** Compatibility mode of the new version; BACKWARD when absent. */
  readonly mode?: CompatibilityMode;
}

/**
 * The versioned schemas of an archive, one immutable object per version at
 * `_parquetry/schemas/{subject}/{version}.json`.
 */
export class SchemaRegistry {
  /** Parsed versions with their text: a cache of the parsing, not of the reading. */
  private readonly known = new Map<string, { readonly text: string; readonly schema: RegisteredSchema }>();

  constructor(private readonly store: ObjectStore) {}

  /**
   * Registers a schema and returns its version. A known schema keeps its version; two concurrent registrations get one
   * version each, or the same one when they are equal. The loser of a race is checked again, against the winner's
   * version.
   * @throws ParquetryError MESSAGE_TYPE_INVALID, COMMIT_CONTENDED, SCHEMA_CONFLICT naming the changes that the mode
   *   does not allow, or the parts of the schema that files can't store
   */
  async register(
    subject: string,
    schema: TableSchema,
    { mode = DEFAULT_MODE }: RegisterOptions = {},
  ): Promise<RegisteredSchema> {
    return (
      (await this.reread(subject, schema)) ??
      this.race(subject, (versions) => this.put(subject, versions, schema, mode))
    );
  }

  /** The version of an equal schema that was read before, if storage still has it: one read, no listing. */
  private async reread(subject: string, schema: TableSchema): Promise<RegisteredSchema | undefined> {
    assertDataset(subject);
    const fingerprint = schemaFingerprint(schema);
    for (const { schema: known } of this.known.values()) {
      if (known.subject !== subject || known.fingerprint !== fingerprint) continue;
      const found = await this.get(subject, known.version).catch(whenAbsent);
      return found?.fingerprint === fingerprint ? found : undefined;
    }
    return undefined;
  }

  /**
   * The version that a run writes rows of `schema` with. As `register`, but a version that another run registered since
   * this one was planned is no conflict when the two can be merged (see `mergeSchemas`): the result is the first
   * version that has all columns of the schema, or a new one with the columns of both. No mode removes the columns of
   * the other run.
   * @throws ParquetryError as `register`
   */
  async extend(
    subject: string,
    schema: TableSchema,
    { mode = DEFAULT_MODE }: RegisterOptions = {},
  ): Promise<RegisteredSchema> {
    const fingerprint = schemaFingerprint(schema);
    return this.race(subject, async (versions) => {
      const latest = versions.at(-1);
      const fits =
        latest === undefined ||
        versions.some((version) => version.fingerprint === fingerprint) ||
        [mode, DEFAULT_MODE].every((one) => compatibility(versions, schema, one).compatible);
      if (fits) return this.put(subject, versions, schema, mode);
      const found = versions.find((version) => mergeSchemas(version.schema, schema) === version.schema);
      const both = mergeSchemas(latest.schema, schema) ?? schema;
      return found ?? this.put(subject, versions, both, mode === 'NONE' ? DEFAULT_MODE : mode);
    });
  }

  /** Retries while other writers take the version number, each time with the current versions. */
  private async race(
    subject: string,
    attempt: (versions: readonly RegisteredSchema[]) => Promise<RegisteredSchema | undefined>,
  ): Promise<RegisteredSchema> {
    assertDataset(subject);
    for (let count = 0; count < MAX_RACES; count++) {
      const registered = await attempt(await this.list(subject));
      if (registered !== undefined) return registered;
    }
    throw new ParquetryError(
      'COMMIT_CONTENDED',
      `The schema of ${subject} lost ${MAX_RACES} races for a version number.`,
    );
  }

  /**
   * Returns the version of a schema and registers it when necessary; undefined when another writer took the number
   * first.
   */
  private async put(
    subject: string,
    versions: readonly RegisteredSchema[],
    schema: TableSchema,
    mode: CompatibilityMode,
  ): Promise<RegisteredSchema | undefined> {
    const fingerprint = schemaFingerprint(schema);
    const same = versions.find((version) => version.fingerprint === fingerprint);
    if (same !== undefined) return same;
    const found = compatibility(versions, schema, mode);
    if (!found.compatible) throw schemaConflict(subject, versions.length, mode, found);
    // A version is permanent: a schema that files can't store must never become one.
    assertStorable(schema);
    const parent = versions.at(-1)?.fingerprint;
    const registered: RegisteredSchema = {
      subject,
      version: versions.length + 1,
      fingerprint,
      ...(parent === undefined ? {} : { parent }),
      mode,
      schema,
    };
    const key = keyOf(subject, registered.version);
    const text = `${canonicalJson(registered)}\n`;
    if ((await this.store.putIfAbsent(key, Buffer.from(text))) !== 'created') return undefined;
    this.known.set(key, { text, schema: registered });
    return registered;
  }

  /**
   * Checks a schema as `register` does, without writing. A registered schema is compatible.
   * @throws ParquetryError MESSAGE_TYPE_INVALID
   */
  async check(
    subject: string,
    schema: TableSchema,
    { mode = DEFAULT_MODE }: RegisterOptions = {},
  ): Promise<Compatibility> {
    const versions = await this.list(subject);
    const fingerprint = schemaFingerprint(schema);
    if (versions.some((version) => version.fingerprint === fingerprint))
      return { compatible: true, changes: [], breaking: [] };
    return compatibility(versions, schema, mode);
  }

  /** @throws ParquetryError OBJECT_NOT_FOUND, ARCHIVE_INVALID when the stored schema was altered */
  async get(subject: string, version: number): Promise<RegisteredSchema> {
    assertDataset(subject);
    const key = keyOf(subject, version);
    const text = Buffer.from(await this.store.get(key)).toString('utf8');
    const known = this.known.get(key);
    if (known?.text === text) return known.schema;
    const found = parse(text, key);
    if (found.subject !== subject || found.version !== version) throw altered(key);
    this.known.set(key, { text, schema: found });
    return found;
  }

  /** The newest version, undefined when the subject has none. */
  async latest(subject: string): Promise<RegisteredSchema | undefined> {
    return (await this.list(subject)).at(-1);
  }

  /** All versions of a subject from 1 on. @throws ParquetryError ARCHIVE_INVALID when one is missing or altered */
  async list(subject: string): Promise<RegisteredSchema[]> {
    assertDataset(subject);
    const numbers: number[] = [];
    const prefix = `${SCHEMAS}/${subject}/`;
    for await (const { key } of this.store.list(prefix)) {
      const match = /^([1-9]\d{0,8})\.json$/.exec(key.slice(prefix.length));
      if (match !== null) numbers.push(Number(match[1]));
    }
    numbers.sort((a, b) => a - b);
    const missing = numbers.findIndex((version, index) => version !== index + 1);
    if (missing !== -1)
      throw new ParquetryError(
        'ARCHIVE_INVALID',
        `Version ${missing + 1} of the schema ${subject} is missing.`,
        {
          details: { subject, version: missing + 1 },
        },
      );
    return Promise.all(numbers.map((version) => this.get(subject, version)));
  }

  /** Names of the subjects that have a schema. */
  async subjects(): Promise<string[]> {
    const names: string[] = [];
    for await (const name of this.store.folders(SCHEMAS))
      if (datasetFault(name) === undefined) names.push(name);
    return names;
  }
}

function compatibility(
  versions: readonly RegisteredSchema[],
  schema: TableSchema,
  mode: CompatibilityMode,
): Compatibility {
  return checkCompatibility(
    mode,
    versions.map((version) => version.schema),
    schema,
  );
}

function keyOf(subject: string, version: number): string {
  return `${SCHEMAS}/${subject}/${version}.json`;
}

function parse(text: string, key: string): RegisteredSchema {
  try {
    const value: unknown = JSON.parse(text);
    const found = value as RegisteredSchema | null;
    // An altered schema may have parts that have no fingerprint.
    const right = found !== null && found.fingerprint === schemaFingerprint(found.schema);
    if (right && (found.mode === undefined || COMPATIBILITY_MODES.includes(found.mode))) return found;
  } catch (cause) {
    throw altered(key, cause);
  }
  throw altered(key);
}

function altered(key: string, cause?: unknown): ParquetryError {
  return new ParquetryError(
    'ARCHIVE_INVALID',
    `The registered schema ${key} was altered: its fingerprint is wrong.`,
    {
      details: { key },
      hint: 'Restore the object from a backup.',
      cause,
    },
  );
}

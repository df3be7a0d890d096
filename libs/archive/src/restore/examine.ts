import { isParquetryError, ParquetryError } from '@parquetry/core';
import { compareKeys, type ObjectStore } from '@parquetry/storage';
import { whenAbsent } from '../absent';
import { sha256 } from '../checksum';
import type { Dataset } from '../dataset';
import type { Action } from '../delta/actions';
import type { CheckpointReader } from '../delta/checkpoint';
import { parseCommit } from '../delta/parse';
import { commitName, LAST_CHECKPOINT, LOG_FOLDER, parseLogName } from '../delta/paths';
import { TableState } from '../delta/state';
import { mapLimit } from '../serial';
import { liveSegments } from '../table';
import { addFault, commitFault, segmentsOf } from './fault';
import { damagedFolder } from './marker';
import type { Records } from './records';

const READS_AT_ONCE = 8;
/** A commit of ours of this size names Parquetry several times, however it was damaged. */
const LONG_BYTES = 1000;
/** What to do when the records can't help. */
export const BACKUP = 'Restore the whole folder of the dataset from one backup.';

/** A file of a log that readers can't use. */
export interface DamagedFile {
  readonly key: string;
  /** Completes "…json: ". */
  readonly why: string;
  /** sha256 of its bytes; it is only moved while it still has them. */
  readonly sha256: string;
}

/** What the log of a dataset has. */
export interface ExaminedLog {
  /** The segments that each readable commit names. */
  readonly commits: ReadonlyMap<number, readonly string[]>;
  /** Segments that the text of an unreadable commit still names. */
  readonly traces: ReadonlyMap<number, string>;
  readonly damaged: readonly DamagedFile[];
  /** Readable checkpoints by version, with their keys. */
  readonly checkpoints: ReadonlyMap<number, readonly string[]>;
  /**
   * Versions from which on the log can be replayed, best first: those of checkpoints, or -1. The first one leaves no
   * commit out that clean-up kept; the last one needs the fewest commits.
   */
  readonly bases: readonly number[];
  /** The newest version that any file names; -1 for no file. */
  readonly top: number;
}

type Parts = ReadonlyMap<
  string,
  { readonly version: number; readonly parts: number; readonly keys: string[] }
>;

/** The versions of a log's commits, and the keys of its checkpoints by version and number of parts. */
async function listLog(
  store: ObjectStore,
  prefix: string,
): Promise<{ readonly versions: readonly number[]; readonly parts: Parts }> {
  const versions: number[] = [];
  const parts = new Map<string, { version: number; parts: number; keys: string[] }>();
  for await (const { key } of store.list(prefix)) {
    const file = parseLogName(key.slice(prefix.length));
    if (file?.kind === 'commit') versions.push(file.version);
    if (file?.kind !== 'checkpoint') continue;
    const id = `${file.version}/${file.parts}`;
    const found = parts.get(id) ?? { version: file.version, parts: file.parts, keys: [] };
    found.keys.push(key);
    parts.set(id, found);
  }
  return { versions, parts };
}

/** Reads every file of a log, and compares commits and checkpoints with the records of the segments. */
export async function examineLog(
  store: ObjectStore,
  { name: dataset, folder }: Pick<Dataset, 'name' | 'folder'>,
  records: Records,
  reader: CheckpointReader,
): Promise<ExaminedLog> {
  const prefix = `${folder}/${LOG_FOLDER}/`;
  const { versions, parts } = await listLog(store, prefix);
  const damaged: DamagedFile[] = [];
  const commits = new Map<number, readonly string[]>();
  const traces = new Map<number, string>();
  await mapLimit(versions, READS_AT_ONCE, async (version) => {
    const key = prefix + commitName(version);
    const bytes = Buffer.from(await store.get(key));
    const text = bytes.toString('utf8');
    const { actions, why } = readable(text, key, records);
    if (actions !== undefined) return void commits.set(version, segmentsOf(actions));
    if (bytes.length > LONG_BYTES && !text.includes('parquetry'))
      unclear(dataset, `commit ${version} is damaged, and another program wrote it`, BACKUP);
    const trace = traceOf(text, records);
    if (trace !== undefined) traces.set(version, trace);
    damaged.push({ key, why, sha256: sha256(bytes) });
  });
  // A restore that was interrupted has moved damaged commits away.
  for await (const { key } of store.list(damagedFolder(dataset))) {
    const version = Number(
      /^(\d{20})\.json\.[0-9a-f]+$/.exec(key.slice(damagedFolder(dataset).length))?.[1] ?? -1,
    );
    if (version < 0 || versions.includes(version)) continue;
    const trace = traceOf(Buffer.from(await store.get(key)).toString('utf8'), records);
    if (trace !== undefined) traces.set(version, trace);
  }
  const checkpoints = new Map<number, readonly string[]>();
  for (const { version, keys, parts: count } of parts.values()) {
    keys.sort(compareKeys);
    const why =
      keys.length === count
        ? await checkpointFault(store, version, keys, records, reader)
        : 'parts of it are missing';
    if (why === undefined) checkpoints.set(version, keys);
    else for (const key of keys) damaged.push({ key, why, sha256: await store.sha256(key) });
  }
  const hint = await hintFault(store, prefix, checkpoints, parts);
  if (hint !== undefined) damaged.push(hint);
  const top = Math.max(-1, ...versions, ...[...parts.values()].map(({ version }) => version));
  const oldest = Math.min(top + 1, ...versions);
  const starts = [...checkpoints.keys()].sort((a, b) => a - b);
  const first = oldest > 0 ? starts.find((version) => version >= oldest - 1) : undefined;
  const bases = [...new Set([first ?? -1, starts.at(-1) ?? -1])];
  damaged.sort((a, b) => compareKeys(a.key, b.key));
  return { commits, traces, damaged, checkpoints, bases, top };
}

function readable(
  text: string,
  key: string,
  records: Records,
): { readonly actions?: readonly Action[]; readonly why: string } {
  try {
    const actions = parseCommit(text, key);
    const why = commitFault(actions, text, records);
    return why === undefined ? { actions, why: '' } : { why };
  } catch (error) {
    // A feature that only other programs use is not damage.
    const own = text.includes('"engineInfo":"parquetry/');
    if (
      !isParquetryError(error) ||
      !(error.code === 'LOG_CORRUPT' || (error.code === 'LOG_UNSUPPORTED' && own))
    )
      throw error;
    return { why: error.message };
  }
}

/** The one recorded segment that a damaged commit still names as its own. */
function traceOf(text: string, records: Records): string | undefined {
  const named = new Set(
    [...text.matchAll(/"(?:parquetry\.)?segment":"(\d+-\d+-[0-9a-f]{32})"/g)].map(([, id]) => id),
  );
  const known = [...named].filter((id) => id !== undefined && records.byId.has(id));
  return known.length === 1 ? known[0] : undefined;
}

/** The state of a checkpoint. @throws ParquetryError LOG_CORRUPT */
export async function readCheckpoint(
  store: ObjectStore,
  version: number,
  keys: readonly string[],
  reader: CheckpointReader,
): Promise<TableState> {
  const state = new TableState();
  for (const key of keys) for await (const actions of reader.read(store, key)) state.apply(actions);
  state.at(version);
  return state;
}

async function checkpointFault(
  store: ObjectStore,
  version: number,
  keys: readonly string[],
  records: Records,
  reader: CheckpointReader,
): Promise<string | undefined> {
  try {
    const state = await readCheckpoint(store, version, keys, reader);
    for (const { id, files } of liveSegments(state)) {
      const record = records.byId.get(id);
      if (record === undefined) continue;
      if (files.length !== record.files.length)
        return `it has ${files.length} files of segment ${id}, not ${record.files.length}`;
      for (const file of files) {
        const fault = addFault(file, record.files);
        if (fault !== undefined) return fault;
      }
    }
    return undefined;
  } catch (error) {
    // hyparquet and the parsers throw errors of any kind for damaged bytes.
    if (isParquetryError(error) && !error.code.startsWith('LOG_')) throw error;
    return error instanceof Error ? error.message : String(error);
  }
}

async function hintFault(
  store: ObjectStore,
  prefix: string,
  checkpoints: ReadonlyMap<number, readonly string[]>,
  listed: Parts,
): Promise<DamagedFile | undefined> {
  const key = prefix + LAST_CHECKPOINT;
  const bytes = await store.get(key).catch(whenAbsent);
  if (bytes === undefined) return undefined;
  let version: unknown;
  try {
    version = (JSON.parse(Buffer.from(bytes).toString('utf8')) as { version?: unknown } | null)?.version;
  } catch {
    return { key, why: 'it is not JSON', sha256: sha256(bytes) };
  }
  if (typeof version === 'number' && checkpoints.has(version)) return undefined;
  // A run may have written a checkpoint since the log was listed.
  for (const [id, now] of (await listLog(store, prefix)).parts)
    if (now.version === version && now.keys.length === now.parts && !listed.has(id)) return undefined;
  return {
    key,
    why: `it names version ${String(version)}, which has no readable checkpoint`,
    sha256: sha256(bytes),
  };
}

/** A case that the records do not decide. @throws ParquetryError RESTORE_UNCLEAR */
export function unclear(dataset: string, why: string, hint: string, segments: readonly string[] = []): never {
  throw new ParquetryError(
    'RESTORE_UNCLEAR',
    `The log of ${dataset} can't be restored: ${why}. Nothing was written.`,
    {
      details: { dataset, segments },
      hint,
    },
  );
}

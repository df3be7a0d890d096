import { SCHEMA_PROPERTIES } from '../commit';
import type { Action, AddFile, MetaData } from '../delta/actions';
import { deltaSchema, type DeltaStruct } from '../delta/schema';
import { statsRows } from '../delta/stats';
import { emptySegmentDomain, SEGMENT_DOMAIN, TAGS } from '../table';
import type { Recorded, Records } from './records';

/** The ids of the segments that a commit names. */
export function segmentsOf(actions: readonly Action[]): string[] {
  const ids = new Set<string>();
  for (const action of actions)
    if ('add' in action) {
      const id = action.add.tags?.[TAGS.segment];
      if (id !== undefined) ids.add(id);
    } else if ('domainMetadata' in action) {
      const { domain, configuration, removed } = action.domainMetadata;
      if (domain.startsWith(SEGMENT_DOMAIN) && !removed) ids.add(configuration);
    }
  return [...ids];
}

/** True for the `commitInfo` of a commit that Parquetry wrote. */
export function isOwnCommit({ engineInfo }: Readonly<Record<string, unknown>>): boolean {
  return typeof engineInfo === 'string' && engineInfo.startsWith('parquetry/');
}

/**
 * Why the actions of a commit are not what its writer wrote, as far as the commit itself and the records of its segments
 * tell; undefined if they agree.
 */
export function commitFault(actions: readonly Action[], text: string, records: Records): string | undefined {
  if (actions.length === 0) return 'it has no actions';
  const info = actions.flatMap((action) => ('commitInfo' in action ? [action.commitInfo] : []))[0];
  // Commits of other programs can only be parsed.
  if (info === undefined || !isOwnCommit(info))
    return info === undefined && segmentsOf(actions).length > 0 ? 'its commitInfo is missing' : undefined;
  if (!text.endsWith('\n')) return 'its last line is cut off';
  const adds = actions.flatMap((action) => ('add' in action ? [action.add] : []));
  const removes = actions.flatMap((action) => ('remove' in action ? [action.remove.path] : []));
  const metrics = (info['operationMetrics'] ?? {}) as Readonly<Record<string, unknown>>;
  if (String(adds.length) !== metrics['numFiles'])
    return `it adds ${adds.length} files, not ${String(metrics['numFiles'])}`;
  if (String(removes.length) !== metrics['numRemovedFiles'])
    return `it removes ${removes.length} files, not ${String(metrics['numRemovedFiles'])}`;
  if (!actions.some((action) => 'domainMetadata' in action)) return 'its coverage is missing';
  for (const id of segmentsOf(actions)) {
    const record = records.byId.get(id);
    if (record === undefined) continue;
    const own = adds.filter((add) => add.tags?.[TAGS.segment] === id);
    if (own.length !== record.files.length)
      return `it adds ${own.length} files of segment ${id}, not ${record.files.length}`;
    for (const add of own) {
      const fault = addFault(add, record.files);
      if (fault !== undefined) return fault;
    }
    const removed = new Set(
      actions.flatMap((action) =>
        'domainMetadata' in action && action.domainMetadata.removed ? [action.domainMetadata.domain] : [],
      ),
    );
    const old = record.replaces.flatMap((replaced) => records.byId.get(replaced)?.files ?? []);
    const known = record.replaces.every((replaced) => records.byId.has(replaced));
    const kept = new Set(record.files.map(({ path }) => path));
    const gone = new Set(old.map(({ path }) => path).filter((path) => !kept.has(path)));
    const others = known ? removes.filter((path) => !gone.has(path)) : [];
    const earlier = others.length === 0 ? undefined : filesInside(record, records);
    const other = others.find((path) => kept.has(path) || earlier?.has(path) !== true);
    if (other !== undefined) return `it removes ${other}, which its segment does not replace`;
    // A clone that ended before it committed what this segment replaces continues with an earlier segment.
    if (others.length > 0) continue;
    for (const replaced of record.replaces) {
      const before = records.byId.get(replaced);
      if (before?.files.length !== 0 || (record.files.length === 0 && sameRange(before, record))) continue;
      if (!removed.has(emptySegmentDomain(before.range))) return `it does not remove the segment ${replaced}`;
    }
  }
  const metaData = actions.flatMap((action) => ('metaData' in action ? [action.metaData] : []))[0];
  return metaData === undefined ? undefined : schemaFault(metaData, records);
}

/** The files of all recorded segments within the ledgers of one. */
function filesInside({ range }: Recorded, { byId }: Records): ReadonlySet<string> {
  const inside = [...byId.values()].filter(
    (other) => range.start <= other.range.start && other.range.end <= range.end,
  );
  return new Set(inside.flatMap(({ files }) => files.map(({ path }) => path)));
}

/** Why a file is not as its segment's record has it. */
export function addFault(
  { path, size, tags, stats, partitionValues }: AddFile,
  files: Recorded['files'],
): string | undefined {
  const file = files.find((one) => one.path === path);
  if (file === undefined) return `it adds ${path}, which its segment does not have`;
  const { start, end } = file.range;
  if (tags?.[TAGS.ledgers] !== `${start}-${end}` || tags[TAGS.reason] !== file.reason)
    return `it has other tags of ${path}`;
  if (file.size !== size || file.sha256 !== tags?.[TAGS.sha256])
    return `it has another size or sha256 of ${path}`;
  if (stats !== undefined && (!isJson(stats) || statsRows(stats) !== file.rows))
    return `it has other statistics of ${path}`;
  for (const [name, value] of Object.entries(partitionValues))
    if (!path.includes(`${name}=${value}/`)) return `it has another ${name} of ${path}`;
  return undefined;
}

/** Why the table's schema is not the registered one that it names. */
function schemaFault(
  { schemaString, configuration, partitionColumns }: MetaData,
  { schemas }: Records,
): string | undefined {
  const version = Number(configuration[SCHEMA_PROPERTIES.version]);
  const schema = schemas.find((one) => one.version === version);
  if (schemas.length === 0) return isJson(schemaString) ? undefined : 'its schema is not JSON';
  if (schema === undefined) return `its schema version ${version} is not registered`;
  if (
    schema.fingerprint !== configuration[SCHEMA_PROPERTIES.fingerprint] ||
    schema.subject !== configuration[SCHEMA_PROPERTIES.subject]
  )
    return `its schema is not the registered version ${version}`;
  const columns = (struct: DeltaStruct): string =>
    JSON.stringify(struct.fields.map(({ name, type }) => [name, type]));
  const same =
    isJson(schemaString) &&
    columns(JSON.parse(schemaString) as DeltaStruct) ===
      columns(deltaSchema(schema.schema, partitionColumns));
  return same ? undefined : `its columns are not those of the registered version ${version}`;
}

function sameRange(a: Recorded, b: Recorded): boolean {
  return a.range.start === b.range.start && a.range.end === b.range.end;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

import { isDeepStrictEqual } from 'node:util';
import { Archive, type LiveFile, Majors } from '@parquetry/archive';
import { auditArchive } from '@parquetry/audit';
import { checkIceberg, syncIceberg } from '@parquetry/iceberg';
import { portableSchema } from '@parquetry/schema';
import { keyFault } from '@parquetry/storage';
import { SMALL_SCHEMA } from '../../../libs/archive/src/testing/fixture';
import { commit, open } from '../../iceberg/table';
import { MemoryStore } from '../../iceberg/memory';
import { isJson, mutateBytes, mutateJson, mutateJsonText } from '../mutate';
import type { Random } from '../random';
import { type OpenTarget, type Target, demand } from '../target';

const NAME = 'events';
/** Versions 0 to 4; version 2 is an empty segment, version 4 replaces a segment. */
const RANGES = [
  [10, 19],
  [20, 29],
  [30, 39],
  [40, 49],
] as const;

/** Objects by key. */
type Objects = ReadonlyMap<string, Buffer>;

/**
 * The JSON and Avro objects of an archive in memory: Delta commits and their hint, registered schemas, majors, segment
 * records, the archive's identity, Iceberg metadata, lists and manifests. One or two of them are damaged as bytes or as
 * JSON values: wrong types, absurd numbers and stats, paths that lead out of the folder, prototypes, cut or empty files.
 *
 * Oracle: everything that reads them (snapshots, history, registry, audit, Iceberg check and sync) ends with a coded
 * error or a result; no live file is outside its dataset's folder, no covered ledger is outside the valid range; an audit
 * without findings means that table, coverage and registry are those of the undamaged archive. Damaged Iceberg metadata
 * is refused, continued or rewritten, and the check knows what is still wrong after a sync.
 */
export const metadata: Target = {
  name: 'metadata',
  ci: 500,
  open: async (dir) => {
    const valid = await validObjects(dir);
    const expected = await read(storeOf(valid));
    return { run: (random) => runCase(random, valid, expected) } satisfies OpenTarget;
  },
};

/** Refuses keys as every real store does, so that none of them can lead out of the root. */
class Store extends MemoryStore {
  readonly deleted: string[] = [];

  override get(key: string): Promise<Uint8Array> {
    return super.get(valid(key));
  }
  override putIfAbsent(key: string, bytes: Uint8Array): ReturnType<MemoryStore['putIfAbsent']> {
    return super.putIfAbsent(valid(key), bytes);
  }
  override replace(key: string, bytes: Uint8Array): Promise<void> {
    return super.replace(valid(key), bytes);
  }
  override stat(key: string): ReturnType<MemoryStore['stat']> {
    return super.stat(valid(key));
  }
  override delete(key: string): Promise<boolean> {
    this.deleted.push(key);
    return super.delete(valid(key));
  }
}

function valid(key: string): string {
  const fault = keyFault(key);
  demand(fault === undefined, () => `asks the store for ${JSON.stringify(key.slice(0, 200))}: ${fault}`);
  return key;
}

async function validObjects(dir: string): Promise<Objects> {
  const store = new MemoryStore();
  const archive = await open(store, () => 1_752_399_377_000);
  for (const [version, [start, end]] of RANGES.entries())
    await commit(archive, dir, start, end, { count: version === 2 ? 0 : 2 });
  const { fields, ...rest } = portableSchema(SMALL_SCHEMA);
  const more = { id: 9, name: 'note', type: { type: 'utf8' }, nullable: true } as const;
  await archive.registry.register(NAME, { ...rest, fields: [...fields, more] });
  await commit(archive, dir, 20, 29, { text: 'other', mode: 'replace' });
  await new Majors(store).record(NAME, 1000);
  await syncIceberg(archive, NAME);
  const objects = new Map<string, Buffer>();
  for await (const { key } of store.list('')) objects.set(key, Buffer.from(await store.get(key)));
  return objects;
}

function storeOf(objects: Objects): Store {
  const store = new Store();
  for (const [key, bytes] of objects) void store.replace(key, bytes);
  return store;
}

interface Reading {
  readonly files: readonly LiveFile[];
  readonly coverage: unknown;
  readonly segments: unknown;
  readonly schemas: unknown;
  readonly majors: unknown;
  readonly findings: readonly string[];
}

async function read(store: Store): Promise<Reading> {
  const archive = await Archive.open(store);
  const dataset = archive.dataset(NAME);
  const findings: string[] = [];
  for await (const { findings: found } of auditArchive(archive, { level: 'sha256' })) {
    for (const { code, fault, message } of found) {
      demand(message.length < 20_000, () => `a finding of ${message.length} characters`);
      if (fault) findings.push(code);
    }
  }
  const { files, coverage, segments, version } = await dataset.snapshot();
  for (const { key } of files)
    demand(key.startsWith(`${NAME}/`) && keyFault(key) === undefined, () => `the live file ${key}`);
  for (let each = 0; each <= version; each += 1) await dataset.commit(each);
  await dataset.gaps();
  const schemas = await archive.registry.list(NAME);
  const majors = await archive.majors.list(NAME);
  demand(store.deleted.length === 0, () => `deletes ${store.deleted.join()}`);
  return {
    // What closed a file is for people only.
    files: files.map(({ reason: _, ...file }) => file),
    coverage,
    segments,
    schemas: schemas.map(({ version: number, schema }) => ({ number, schema })),
    majors,
    findings,
  };
}

async function runCase(random: Random, objects: Objects, expected: Reading): Promise<string | undefined> {
  const damaged = new Map(objects);
  const keys = [...objects.keys()];
  const iceberg = random.chance(3);
  const wanted = keys.filter((key) => key.startsWith('_iceberg/') === iceberg);
  for (let count = 1 + random.below(2); count > 0; count -= 1) {
    const key = random.pick(wanted);
    if (random.chance(25)) damaged.delete(key);
    else damaged.set(key, damage(random, key, damaged.get(key) ?? Buffer.of()));
  }
  const store = storeOf(damaged);
  if (iceberg) return syncCase(store);
  const found = await read(store);
  const [first] = found.findings;
  if (first !== undefined) return first;
  for (const part of ['files', 'coverage', 'segments', 'schemas', 'majors'] as const) {
    // A newest version or major that nothing has used yet may be removed without a trace.
    if (['schemas', 'majors'].includes(part) && lastRemoved(damaged, objects)) continue;
    demand(
      isDeepStrictEqual(found[part], expected[part]),
      () => `other ${part}, and no finding: ${difference(found[part], expected[part])}`,
    );
  }
  return undefined;
}

function lastRemoved(damaged: Objects, objects: Objects): boolean {
  return [`_parquetry/schemas/${NAME}/2.json`, `_parquetry/majors/${NAME}/2.json`].some(
    (key) => objects.has(key) && !damaged.has(key),
  );
}

async function syncCase(store: Store): Promise<string | undefined> {
  const archive = await Archive.open(store);
  const before = await findings(archive);
  const { outcome, version } = await syncIceberg(archive, NAME);
  demand(version === RANGES.length, () => `version ${version}`);
  demand(store.deleted.length === 0, () => `deletes ${store.deleted.join()}`);
  // Objects are only created: a damaged one that a sync needs again stays, and the check has a finding.
  const [found] = await findings(archive);
  if (found !== undefined) return found;
  demand(outcome !== 'empty', () => 'an empty table');
  return before[0];
}

async function findings(archive: Archive): Promise<string[]> {
  const found: string[] = [];
  for await (const { code } of checkIceberg(archive, NAME)) found.push(code);
  return found;
}

function damage(random: Random, key: string, bytes: Buffer): Buffer {
  if (!/\.json$|_last_checkpoint$/.test(key) || random.chance(4)) return mutateBytes(random, bytes);
  const lines = bytes.toString('utf8').trimEnd().split('\n');
  const at = random.below(lines.length);
  const line = lines[at] ?? '';
  switch (random.below(8)) {
    case 0:
      lines.splice(at, 1);
      break;
    case 1:
      lines.splice(at, 0, line);
      break;
    case 2:
      // The text of a JSON value inside of JSON: stats and schemas.
      lines[at] = mutateInner(random, line);
      break;
    default:
      lines[at] = mutateJsonText(random, line);
  }
  return Buffer.from(`${lines.join('\n')}\n`);
}

function mutateInner(random: Random, line: string): string {
  if (!isJson(line)) return line;
  return JSON.stringify(
    JSON.parse(line, (_, value: unknown) =>
      typeof value === 'string' && /^[[{]/.test(value) && isJson(value) && random.chance(2)
        ? JSON.stringify(mutateJson(random, JSON.parse(value)))
        : value,
    ),
  );
}

function difference(found: unknown, expected: unknown): string {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return `${a.slice(Math.max(0, at - 80), at + 120)} instead of ${b.slice(Math.max(0, at - 80), at + 120)}`;
}

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseDataset } from '@parquetry/archive';
import { ParquetryError, type RejectLine, isLedgerUri, rejectCount } from '@parquetry/core';
import type { RegisteredSchema } from '@parquetry/schema';
import type { StagedFiles } from './files';
import { changeLines, contractOf, frozen, promotion, retyped } from './plan/contract';
import { committedVersion } from './plan/committed';
import { isTypeFault } from './plan/retyped';
import type { StoredPlan } from './plan/stored';

/** Rejects of one kind. */
interface Group {
  readonly first: RejectLine;
  readonly messages: number;
}

/** Summary of a stage's rejects. */
interface Found {
  /** The first few. */
  readonly first: readonly RejectLine[];
  /** Rejects for keys without a column, by key. */
  readonly columns: ReadonlyMap<string, Group>;
  /** Rejects for values that do not fit a column, by column. */
  readonly types: ReadonlyMap<string, Group>;
}

/**
 * Refuses a staged dataset with rejects that a run does not accept: more than `maxRejects`, or any that the run's
 * contract treats as errors. A backfill finds the latter in its plan step; a tail finds them here.
 * @throws ParquetryError REJECTS_EXCEEDED, SCHEMA_CONFLICT
 */
export async function assertRejects(
  stage: StagedFiles,
  plan: StoredPlan,
  dataset: string,
  schema: RegisteredSchema,
): Promise<void> {
  const { rejected } = stage.staged;
  // All rejects of ledgers are of ledgers that the run was told to keep.
  if (rejected === 0 || isLedgerUri(plan.spec.source.uri)) return;
  const { maxRejects } = plan.spec;
  const contract = contractOf(plan.spec);
  const strict = contract.columns === 'freeze' || contract.types !== 'reject_row';
  if (rejected <= maxRejects && !strict) return;
  const found = await readRejects(stage, schema);
  const { columns, types } = found;
  if (contract.columns === 'freeze' && columns.size > 0)
    throw frozen(
      dataset,
      [...columns].map(([key, group]) => `+ ${key}: ${group.first.actual ?? 'unknown'} (${count(group)})`),
    );
  if (contract.types !== 'reject_row' && types.size > 0) {
    const { messageType } = parseDataset(dataset);
    throw retyped(dataset, messageType, typeChanges(types), firstLedger(types));
  }
  if (rejected > maxRejects) throw tooMany(plan, dataset, stage, found, schema.version);
}

/**
 * Too many rejects. When column types changed, the message has the first change and the promotion that resolves it, for
 * lists of parked partitions; the hint has all changes.
 */
function tooMany(
  plan: StoredPlan,
  dataset: string,
  { staged, manifest }: StagedFiles,
  { first, columns, types }: Found,
  version: number,
): ParquetryError {
  const { rejected } = staged;
  const { maxRejects } = plan.spec;
  const named = first.map(({ code, reason, position }) => `${position} ${code}: ${reason}`).join('; ');
  const old = columns.size > 0 && committedVersion(plan, dataset, manifest.range) === version;
  const { messageType } = parseDataset(dataset);
  const changes = typeChanges(types);
  const promote = types.size === 0 ? [] : [promotion(messageType, firstLedger(types))];
  const [headline] = [...types].map(([column, group]) => change(column, group));
  return new ParquetryError(
    'REJECTS_EXCEEDED',
    [
      `${rejected} messages of ${dataset} were rejected; ${maxRejects} are allowed per partition${
        old ? ` (checked against version ${version}, with which their ledgers are committed)` : ''
      }`,
      ...(headline === undefined ? [] : [headline]),
      ...promote,
      `First: ${named}`,
    ]
      .join('. ')
      .slice(0, 1500),
    {
      details: { dataset, rejected, maxRejects, ...(changes.length === 0 ? {} : { changes }) },
      hint: [
        ...changeLines(changes),
        old
          ? 'Write them with the newest version of the schema: --schema latest.'
          : `Correct the messages and run again, or accept the rejects with --max-rejects ${rejected}.`,
        ...promote,
      ].join('\n'),
    },
  );
}

/** A change of a column's type, as `schema diff` marks it. */
function change(column: string, { first: { expected, actual } }: Group): string {
  return `~ ${column}: ${expected ?? 'another type'}, not ${actual ?? 'this'}`;
}

/** The type changes, one per line. */
function typeChanges(types: Found['types']): string[] {
  return [...types].slice(0, 100).map(([column, group]) => `${change(column, group)} (${count(group)})`);
}

/** The first ledger with a value that does not fit a column: a new major would start there. */
function firstLedger(types: Found['types']): number {
  return Math.min(...[...types.values()].map(({ first: { ledger = 0 } }) => ledger));
}

function count({ messages, first: { position } }: Group): string {
  return `${messages} ${messages === 1 ? 'message' : 'messages'}, the first is ${position}`;
}

/** The first rejects, and those caused by the schema, by column. */
async function readRejects(stage: StagedFiles, { schema }: RegisteredSchema): Promise<Found> {
  const first: RejectLine[] = [];
  const columns = new Map<string, Group>();
  const types = new Map<string, Group>();
  const lines = createInterface({ input: createReadStream(stage.rejectsFile), crlfDelay: Infinity });
  for await (const line of lines) {
    const reject = JSON.parse(line) as RejectLine;
    if (first.length < 3) first.push(reject);
    if (reject.code === 'UNKNOWN_COLUMN') add(columns, reject);
    else if (isTypeFault(reject, schema)) add(types, reject);
  }
  return { first, columns, types };
}

function add(groups: Map<string, Group>, reject: RejectLine): void {
  const { column = 'other columns', ledger = 0 } = reject;
  const messages = rejectCount(reject);
  const known = groups.get(column);
  const earlier = known !== undefined && (known.first.ledger ?? 0) <= ledger;
  if (known === undefined) groups.set(column, { first: reject, messages });
  else groups.set(column, { first: earlier ? known.first : reject, messages: known.messages + messages });
}

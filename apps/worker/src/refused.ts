import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseDataset } from '@parquetry/archive';
import { ParquetryError, type Reject } from '@parquetry/core';
import type { RegisteredSchema } from '@parquetry/schema';
import type { StagedFiles } from './files';
import { contractOf, frozen, retyped } from './plan/contract';
import { committedVersion } from './plan/committed';
import { isTypeFault } from './plan/retyped';
import type { StoredPlan } from './plan/stored';

/** Rejects of one kind. */
interface Group {
  readonly first: Reject;
  readonly messages: number;
}

/**
 * Refuses a staged dataset whose rejects a run does not take: more of them than `maxRejects` allows, or any that the
 * run's contract says are no rejects but a reason to fail. A backfill finds those when it plans; a tail comes here.
 * @throws ParquetryError REJECTS_EXCEEDED, SCHEMA_CONFLICT
 */
export async function assertRejects(
  stage: StagedFiles,
  plan: StoredPlan,
  dataset: string,
  schema: RegisteredSchema,
): Promise<void> {
  const { rejected } = stage.staged;
  if (rejected === 0) return;
  const { maxRejects } = plan.spec;
  const contract = contractOf(plan.spec);
  const strict = contract.columns === 'freeze' || contract.types !== 'reject_row';
  if (rejected <= maxRejects && !strict) return;
  const { first, columns, types } = await readRejects(stage, schema);
  if (contract.columns === 'freeze' && columns.size > 0)
    throw frozen(
      dataset,
      [...columns].map(([column, group]) => `+ ${column}: ${kinds(group)}`),
    );
  if (contract.types !== 'reject_row' && types.size > 0) {
    const lines = [...types].map(
      ([column, { first: one, messages }]) =>
        `~ ${column}: ${one.expected ?? ''}, not ${one.actual ?? ''} (${count(messages, one)})`,
    );
    const ledgers = [...types.values()].map(({ first: one }) => one.ledger ?? 0);
    throw retyped(dataset, parseDataset(dataset).messageType, lines, Math.min(...ledgers));
  }
  if (rejected > maxRejects)
    throw tooMany(plan, dataset, stage, first, columns.size > 0 ? schema.version : undefined);
}

function tooMany(
  plan: StoredPlan,
  dataset: string,
  { staged, manifest }: StagedFiles,
  first: readonly Reject[],
  version: number | undefined,
): ParquetryError {
  const { rejected } = staged;
  const { maxRejects } = plan.spec;
  const named = first.map(({ code, reason, position }) => `${position} ${code}: ${reason}`).join('; ');
  const old = version !== undefined && committedVersion(plan, dataset, manifest.range) === version;
  return new ParquetryError(
    'REJECTS_EXCEEDED',
    `${rejected} messages of ${dataset} were rejected, ${maxRejects} are allowed a partition${
      old ? ` (held to version ${version}, with which their ledgers are committed)` : ''
    }. First: ${named}`.slice(0, 1500),
    {
      details: { dataset, rejected, maxRejects },
      hint: old
        ? 'Write them with the newest version of the schema: --schema latest.'
        : `Mend the messages and run again, or keep them aside with --max-rejects ${rejected}.`,
    },
  );
}

function kinds({ first, messages }: Group): string {
  return `${first.actual ?? 'unknown'} (${count(messages, first)})`;
}

function count(messages: number, { position }: Reject): string {
  return `${messages} ${messages === 1 ? 'message' : 'messages'}, the first is ${position}`;
}

/** The first rejects, and those that the schema is the reason of, by column. */
async function readRejects(
  stage: StagedFiles,
  { schema }: RegisteredSchema,
): Promise<{ first: Reject[]; columns: Map<string, Group>; types: Map<string, Group> }> {
  const first: Reject[] = [];
  const columns = new Map<string, Group>();
  const types = new Map<string, Group>();
  const lines = createInterface({ input: createReadStream(stage.rejectsFile), crlfDelay: Infinity });
  for await (const line of lines) {
    const reject = JSON.parse(line) as Reject;
    if (first.length < 3) first.push(reject);
    if (reject.code === 'UNKNOWN_COLUMN') add(columns, reject);
    else if (isTypeFault(reject, schema)) add(types, reject);
  }
  return { first, columns, types };
}

function add(groups: Map<string, Group>, reject: Reject): void {
  const { column = '', ledger = 0 } = reject;
  const known = groups.get(column);
  const earlier = known !== undefined && (known.first.ledger ?? 0) <= ledger;
  if (known === undefined) groups.set(column, { first: reject, messages: 1 });
  else groups.set(column, { first: earlier ? known.first : reject, messages: known.messages + 1 });
}

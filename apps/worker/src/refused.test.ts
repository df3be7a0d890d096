import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
  DEFAULT_WRITE_SETTINGS,
  type ParquetryError,
  type Reject,
  type RejectLine,
  type StagedDataset,
  rejectCount,
} from '@parquetry/core';
import { type RegisteredSchema, type TableSchema, schemaFingerprint } from '@parquetry/schema';
import { writeManifest } from '@parquetry/source';
import type { RunSpec } from '@parquetry/workflows';
import { StagedFiles } from './files';
import type { StoredPlan } from './plan/stored';
import { assertRejects } from './refused';
import { Workplace } from './workplace';

const RANGE = { start: 100, end: 109 };
const SCHEMA: TableSchema = {
  messageType: 'swap',
  origin: 'inferred',
  fields: [
    { id: 1, name: 'ledger_sequence', type: { type: 'uint32' }, nullable: false },
    { id: 2, name: 'closed_at', type: { type: 'timestamp', unit: 'us', timezone: 'UTC' }, nullable: false },
    { id: 3, name: 'amount', type: { type: 'int64' }, nullable: true },
  ],
  ledgerColumn: 'ledger_sequence',
  closeTimeColumn: 'closed_at',
};
const REGISTERED: RegisteredSchema = {
  subject: 'swap',
  version: 2,
  fingerprint: schemaFingerprint(SCHEMA),
  schema: SCHEMA,
};

const reject = (
  code: Reject['code'],
  ledger: number,
  column: string,
  more: Partial<Reject> = {},
): Reject => ({
  code,
  reason: `${column} can't take it.`,
  dataset: 'swap',
  ledger,
  column,
  position: `swaps.ndjson:${ledger}`,
  ...more,
});
const retyped = (ledger: number, actual = 'string'): Reject =>
  reject('TYPE_MISMATCH', ledger, 'amount', { expected: 'int64', actual });
const unknown = (ledger: number, column: string): Reject =>
  reject('UNKNOWN_COLUMN', ledger, column, { expected: 'no such column', actual: 'string' });
const badTime = reject('TIME_OUT_OF_RANGE', 101, 'closed_at');

describe('the rejects of a staged dataset', () => {
  let dir: string;
  let workplace: Workplace;
  let stages = 0;
  beforeAll(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'parquetry-refused-'));
    workplace = await Workplace.open(dir);
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  async function stageOf(rejects: readonly RejectLine[]): Promise<StagedFiles> {
    const stageId = `${(stages += 1)}`;
    const stageDir = workplace.stageDir(stageId);
    await mkdir(stageDir, { recursive: true });
    await writeFile(
      path.join(stageDir, 'swap.rejects.ndjson'),
      rejects.map((one) => `${JSON.stringify(one)}\n`).join(''),
    );
    const staged: StagedDataset = {
      dataset: 'swap',
      rows: 0,
      rejected: rejects.reduce((sum, line) => sum + rejectCount(line), 0),
      messages: rejects.reduce((sum, line) => sum + rejectCount(line), 0),
      sorted: true,
      ledgers: [],
      rejectedLedgers: [],
      bytes: 0,
      parts: [],
      partRows: [],
      contentHash: '',
      columns: {},
    };
    const proof = { kind: 'declared' } as const;
    await writeManifest(stageDir, { stageId, range: RANGE, datasets: [staged], bytesRead: 0, proof });
    return StagedFiles.open(workplace, stageId, 'swap');
  }

  /** The error of a run with these settings for the rejects; undefined when it accepts them. */
  async function verdict(
    rejects: readonly RejectLine[],
    spec: Partial<RunSpec> = {},
    more: Partial<StoredPlan> = {},
  ): Promise<ParquetryError | undefined> {
    const plan: StoredPlan = {
      format: 1,
      spec: {
        source: { uri: 'ndjson:swaps.ndjson' },
        archive: 'a',
        range: RANGE,
        partitionSize: 10,
        settings: DEFAULT_WRITE_SETTINGS,
        maxRejects: 9,
        verify: 'ledger',
        ...spec,
      },
      index: { kind: 'ndjson', datasets: [], unusable: 0, filtered: 0, bytesRead: 0, data: null },
      ...more,
    };
    return assertRejects(await stageOf(rejects), plan, 'swap', REGISTERED).then(
      () => undefined,
      (error: unknown) => error as ParquetryError,
    );
  }

  it('are accepted up to the limit, whatever their reason, when no contract forbids them', async () => {
    const mixed = [retyped(105), unknown(106, 'memo'), badTime];
    expect(await verdict([])).toBeUndefined();
    expect(await verdict(mixed, { maxRejects: 3 })).toBeUndefined();
    expect(await verdict(mixed, { maxRejects: 2 })).toMatchObject({ code: 'REJECTS_EXCEEDED' });
  });

  it('above the limit list each type change and the promotion from the first ledger with one', async () => {
    const error = await verdict([retyped(107), retyped(105, 'object'), badTime], { maxRejects: 0 });
    expect(error).toMatchObject({
      code: 'REJECTS_EXCEEDED',
      details: {
        dataset: 'swap',
        rejected: 3,
        maxRejects: 0,
        changes: ['~ amount: int64, not object (2 messages, the first is swaps.ndjson:105)'],
      },
    });
    // Lists of parked partitions show only the start of the message.
    expect(error?.message.slice(0, 300)).toContain(
      '~ amount: int64, not object. If the change is permanent: parquetry schema promote swap --from 105 ',
    );
    expect(error?.hint?.split('\n')).toEqual([
      '  ~ amount: int64, not object (2 messages, the first is swaps.ndjson:105)',
      'Correct the messages and run again, or accept the rejects with --max-rejects 3.',
      'If the change is permanent: parquetry schema promote swap --from 105 --archive ROOT',
    ]);
  });

  it('that are only counted are in the number of messages, and may have the first ledger', async () => {
    const summary = { ...retyped(103), count: 7_000, first: 'swaps.ndjson:108', last: 'swaps.ndjson:109' };
    const error = await verdict([retyped(107), retyped(105), summary]);
    expect(error).toMatchObject({
      code: 'REJECTS_EXCEEDED',
      details: {
        rejected: 7_002,
        changes: ['~ amount: int64, not string (7002 messages, the first is swaps.ndjson:103)'],
      },
    });
    expect(error?.message).toContain('promote swap --from 103 ');
  });

  it('above the limit without type changes suggest no promotion', async () => {
    const error = await verdict([badTime, unknown(106, 'memo')], { maxRejects: 0 });
    expect(error).toMatchObject({ code: 'REJECTS_EXCEEDED', details: { rejected: 2 } });
    expect(`${error?.message} ${error?.hint}`).not.toContain('promote');
  });

  it('for columns that a committed version lacks name the version that has them', async () => {
    const committed = { swap: [{ range: RANGE, version: 2 }] };
    const error = await verdict([unknown(106, 'memo')], { maxRejects: 0 }, { committed });
    expect(error?.message).toContain('checked against version 2, with which their ledgers are committed');
    expect(error?.hint).toContain('--schema latest');
  });

  it('freeze of columns: fails for a key without a column, though the limit allows it', async () => {
    const contract = { columns: 'freeze' } as const;
    const error = await verdict([unknown(106, 'memo'), unknown(103, 'memo'), retyped(105)], { contract });
    expect(error).toMatchObject({
      code: 'SCHEMA_CONFLICT',
      details: { changes: ['+ memo: string (2 messages, the first is swaps.ndjson:103)'] },
    });
    expect(error?.hint).toContain('--contract-columns evolve');
    expect(await verdict([retyped(105), badTime], { contract })).toBeUndefined();
  });

  it.each(['freeze', 'evolve'] as const)(
    '%s of types: fails for another type, though the limit allows it',
    async (types) => {
      const contract = { types };
      const error = await verdict([retyped(107), unknown(104, 'memo'), retyped(105)], { contract });
      expect(error).toMatchObject({ code: 'SCHEMA_CONFLICT', details: { from: 105 } });
      expect(error?.message).toContain(
        '~ amount: int64, not string (2 messages, the first is swaps.ndjson:105)',
      );
      expect(error?.hint).toContain('parquetry schema promote swap --from 105');
      expect(await verdict([unknown(104, 'memo'), badTime], { contract })).toBeUndefined();
    },
  );
});

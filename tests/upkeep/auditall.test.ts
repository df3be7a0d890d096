import path from 'node:path';
import { Archive } from '@parquetry/archive';
import { LocalStore } from '@parquetry/storage';
import { ATTRIBUTES, type AuditSummary, type FileShare } from '@parquetry/workflows';
import { MockActivityEnvironment } from '@temporalio/testing';
import { IDENTITY, inFolder, plainDraft, SMALL_SCHEMA } from '../../libs/archive/src/testing/fixture';
import type { WorkerDeps } from '../../apps/worker/src/deps';
import { auditAll, isIn } from '../../apps/worker/src/activities/auditall';

interface Run {
  readonly start?: number;
  readonly end?: number;
  readonly types?: readonly string[];
  /** Absent: the audited archive. */
  readonly archive?: string;
}

/** What a worker's memory allows: the checks of values that ran, each alone. */
class Gate {
  checks = 0;
  private running = 0;
  readonly exclusively = async <T>(_signal: AbortSignal, check: () => Promise<T>): Promise<T> => {
    this.checks += 1;
    expect((this.running += 1)).toBe(1);
    return check().finally(() => (this.running -= 1));
  };
}

/** Audits an archive while runs of these ranges, and tails without one, are running. */
function audit(
  archive: Archive,
  running: readonly Run[],
  deep: { readonly share?: FileShare; readonly run?: string; readonly writer?: Gate } = {},
): Promise<AuditSummary> {
  const list = async function* (): AsyncGenerator<unknown> {
    for (const [index, { start, end, types }] of running.entries())
      yield {
        ...{ workflowId: String(index), runId: String(index) },
        type: start === undefined ? 'tail' : 'backfill',
        typedSearchAttributes: new Map<unknown, unknown>([
          [ATTRIBUTES.datasets, types],
          [ATTRIBUTES.ledgerStart, start],
          [ATTRIBUTES.ledgerEnd, end],
        ]),
      };
  };
  const getWorkflowExecutionHistory = (request: { execution: { runId: string } }): Promise<unknown> => {
    const root = running[Number(request.execution.runId)]?.archive ?? archive.store.uri;
    const data = Buffer.from(JSON.stringify({ spec: { archive: root } }));
    const payloads = [{ metadata: { encoding: Buffer.from('json/plain') }, data }];
    const events = [{ workflowExecutionStartedEventAttributes: { input: { payloads } } }];
    return Promise.resolve({ history: { events } });
  };
  const deps = {
    archives: { get: () => Promise.resolve(archive) },
    client: { workflow: { list }, workflowService: { getWorkflowExecutionHistory }, options: {} },
    ...{ verifyAlone: true, writer: deep.writer },
  } as unknown as WorkerDeps;
  const workflowExecution = { workflowId: 'maintain', runId: deep.run ?? 'run' };
  return new MockActivityEnvironment({ workflowExecution }).run(() =>
    auditAll(deps, { archive: '/none', ...(deep.share === undefined ? {} : { share: deep.share }) }),
  ) as Promise<AuditSummary>;
}

describe('the audit of a maintenance run', () => {
  it('reports faults that last, and not the gaps of running backfills', () =>
    inFolder(async (folder) => {
      const store = new LocalStore(path.join(folder, 'archive'));
      const archive = await Archive.open(store, { create: IDENTITY });
      await archive.registry.register('events', SMALL_SCHEMA);
      const events = archive.dataset('events');
      const files = [];
      for (const start of [1, 11, 31])
        files.push(...(await events.publish(await plainDraft(folder, { start, end: start + 9 }))).files);
      const gap = { code: 'COVERAGE_GAP', dataset: 'events', range: { start: 21, end: 30 } };
      expect(await audit(archive, [{ start: 21, end: 25 }])).toMatchObject({
        ...{ datasets: 1, files: 3, rows: 30, pending: 0, faults: 1 },
        findings: [gap],
      });
      expect(await audit(archive, [{ start: 15, end: 40, types: ['other'] }, {}])).toMatchObject({
        faults: 1,
      });
      expect(await audit(archive, [{ start: 15, end: 40, types: ['events'] }])).toMatchObject({
        pending: 1,
        faults: 0,
        findings: [],
      });

      // A run of another archive fills no gap of this one.
      const elsewhere = path.join(folder, 'other');
      const others = [{ start: 15, end: 40, types: ['events'], archive: elsewhere }, { archive: elsewhere }];
      expect(await audit(archive, others)).toMatchObject({ pending: 0, faults: 1, findings: [gap] });

      // A plan requests ledgers up to 99, as that of a tail with an end.
      const plan = { spec: { range: { start: 41, end: 99 } }, index: { datasets: [{ dataset: 'events' }] } };
      await store.putIfAbsent(`_parquetry/runs/${'0'.repeat(32)}.json`, Buffer.from(JSON.stringify(plan)));
      expect(await audit(archive, [])).toMatchObject({ pending: 0, faults: 2 });
      expect(await audit(archive, [{}])).toMatchObject({ pending: 1, faults: 1, findings: [gap] });
      await store.delete(`_parquetry/runs/${'0'.repeat(32)}.json`);

      const [lost] = files;
      await store.delete(lost?.key ?? '');
      const registered = '_parquetry/schemas/events/1.json';
      const schema = await store.get(registered);
      await store.delete(registered);
      const unreadable = (await audit(archive, [])).findings.filter(({ code }) => code === 'ARCHIVE_INVALID');
      expect(unreadable).toHaveLength(3);
      await store.putIfAbsent(registered, schema);
      const missing = { code: 'FILE_MISSING', message: expect.stringContaining(lost?.key ?? '') as string };
      expect((await audit(archive, [])).findings).toMatchObject([gap, missing]);
      // Missing at the first look only: meanwhile another run replaced the file.
      const stat = store.stat.bind(store);
      jest
        .spyOn(store, 'stat')
        .mockImplementationOnce(async () => undefined)
        .mockImplementation(async (key) =>
          key === lost?.key ? { size: lost.size, modified: 1 } : stat(key),
        );
      expect(await audit(archive, [{ start: 21, end: 30 }])).toMatchObject({ faults: 0, findings: [] });
    }));

  it('reads the values of every share, whenever the runs start, one file at a time', () =>
    inFolder(async (folder) => {
      const store = new LocalStore(path.join(folder, 'archive'));
      const archive = await Archive.open(store, { create: IDENTITY });
      await archive.registry.register('events', SMALL_SCHEMA);
      const events = archive.dataset('events');
      for (let start = 1; start <= 41; start += 10)
        await events.publish(await plainDraft(folder, { start, end: start + 9 }));
      const writer = new Gate();
      const of = 4;
      const found: number[] = [];
      // Runs that take longer than their interval start in every second turn: their turns have even numbers only.
      for (const [turn, run] of ['a', 'b', 'c', 'd'].entries()) {
        const first = await audit(archive, [], { share: { part: (2 * turn) % of, of }, run, writer });
        // A repetition of a run reads the same share.
        const again = await audit(archive, [], { share: { part: (2 * turn) % of, of }, run, writer });
        expect(again.deep).toBe(first.deep);
        found.push(first.deep);
      }
      expect(found.reduce((sum, files) => sum + files, 0)).toBe(5);
      // The files of the fixture are no Parquet files: each is a fault, which a second audit confirms.
      expect(writer.checks).toBe(20);
    }));

  it('reads each file in one of the shares', () => {
    const counts = Array.from({ length: 30 }, () => 0);
    for (let file = 0; file < 3000; file += 1) {
      const parts = counts.flatMap((_, part) =>
        isIn({ part, of: 30 }, `day=${file}/x.parquet`) ? [part] : [],
      );
      expect(parts).toHaveLength(1);
      counts[parts[0] ?? 0] = (counts[parts[0] ?? 0] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(60);
    expect(Math.max(...counts)).toBeLessThan(140);
  });
});

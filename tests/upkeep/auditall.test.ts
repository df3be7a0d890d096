import path from 'node:path';
import { Archive } from '@parquetry/archive';
import { LocalStore } from '@parquetry/storage';
import { ATTRIBUTES, type AuditSummary } from '@parquetry/workflows';
import { MockActivityEnvironment } from '@temporalio/testing';
import { IDENTITY, inFolder, plainDraft, SMALL_SCHEMA } from '../../libs/archive/src/testing/fixture';
import type { WorkerDeps } from '../../apps/worker/src/deps';
import { auditAll, isIn } from '../../apps/worker/src/activities/auditall';

interface Run {
  readonly start?: number;
  readonly end?: number;
  readonly types?: readonly string[];
}

/** Audits an archive while runs of these ranges, and tails without one, are running. */
function audit(archive: Archive, running: readonly Run[]): Promise<AuditSummary> {
  const list = async function* (): AsyncGenerator<unknown> {
    for (const { start, end, types } of running)
      yield {
        type: start === undefined ? 'tail' : 'backfill',
        typedSearchAttributes: new Map<unknown, unknown>([
          [ATTRIBUTES.datasets, types],
          [ATTRIBUTES.ledgerStart, start],
          [ATTRIBUTES.ledgerEnd, end],
        ]),
      };
  };
  const deps = {
    archives: { get: () => Promise.resolve(archive) },
    client: { workflow: { list } },
  } as unknown as WorkerDeps;
  return new MockActivityEnvironment().run(() =>
    auditAll(deps, { archive: '/none' }),
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

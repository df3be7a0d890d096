import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Archive } from '@parquetry/archive';
import { auditArchive, findWaste } from '@parquetry/audit';
import { hasIceberg, rebuildIceberg, syncIceberg } from '@parquetry/iceberg';
import { LocalStore } from '@parquetry/storage';
import type { RunSpec } from '@parquetry/workflows';
import { createSharedActivities } from '../../apps/worker/src/activities';
import type { Host } from '../../apps/worker/src/host';
import { runAll, runStep, testHost } from '../../apps/worker/src/testing/host';

const DAY_MS = 24 * 3_600_000;

describe('the Iceberg tables of runs', () => {
  let dir: string;
  let host: Host;
  let end: () => Promise<void>;
  let source: string;
  beforeAll(async () => {
    ({ dir, host, end } = await testHost('iceberg'));
    source = path.join(dir, 'in.ndjson');
  });
  afterAll(() => end());

  const spec = (name: string, more: Partial<RunSpec>): RunSpec => ({
    source: { uri: `ndjson:${source}` },
    archive: path.join(dir, name),
    range: { start: 2, end: 5 },
    partitionSize: 2,
    settings: { compression: 'snappy', layout: { kind: 'ledger_day' }, integers: 'signed' },
    maxRejects: 10,
    verify: 'ledger',
    ...more,
  });
  const run = async (wanted: RunSpec, value: number): Promise<void> => {
    const lines = [2, 3, 4, 5].map((ledger) =>
      JSON.stringify({ type: 't', ledger, closed_at: '2025-01-01T00:00:00Z', v: value * ledger }),
    );
    await writeFile(source, `${lines.join('\n')}\n`);
    await runAll(host, wanted);
  };
  const open = (name: string): Promise<Archive> => Archive.open(new LocalStore(path.join(dir, name)));
  const findings = async (archive: Archive): Promise<string[]> => {
    const codes: string[] = [];
    for await (const audit of auditArchive(archive, { level: 'size' }))
      codes.push(...audit.findings.filter(({ fault }) => fault).map(({ code }) => code));
    return codes;
  };

  it('follow every commit, also those of runs that do not ask for them', async () => {
    await run(spec('followed', { iceberg: true }), 1);
    const archive = await open('followed');
    expect(await syncIceberg(archive, 't')).toMatchObject({ outcome: 'current', version: 1, snapshots: 2 });
    await run(spec('followed', { mode: 'replace' }), 2);
    expect(await syncIceberg(archive, 't')).toMatchObject({ outcome: 'current', version: 3, snapshots: 1 });
    expect((await archive.dataset('t').snapshot()).removed).toHaveLength(2);
    for (const key of (await archive.dataset('t').snapshot()).removed)
      expect(await archive.store.stat(key)).toBeUndefined();
    expect(await findings(archive)).toEqual([]);
  });

  it('do not exist in an archive that never asked for them', async () => {
    await run(spec('plain', {}), 1);
    expect(await hasIceberg(await open('plain'), 't')).toBe(false);
  });

  it('that cannot follow do not fail a commit, keep its replaced files, and are reported', async () => {
    await run(spec('broken', { iceberg: true }), 1);
    const archive = await open('broken');
    const { metadata } = await syncIceberg(archive, 't');
    const key = metadata.slice(`file://${archive.store.uri}/`.length);
    const own = await archive.store.get(key);
    await archive.store.replace(key, Buffer.from('{"written by": "another program"}'));
    const again = spec('broken', { mode: 'replace', iceberg: true });
    await run(again, 2);
    const { removed, version } = await archive.dataset('t').snapshot();
    expect({ version, removed: removed.length }).toEqual({ version: 3, removed: 2 });
    for (const each of removed) expect(await archive.store.stat(each)).toBeDefined();
    expect(await findings(archive)).toEqual(['ICEBERG_DIFFERS']);
    const { planRun, summarize } = createSharedActivities(host.deps);
    const { plan } = await runStep(planRun, again);
    await expect(runStep(summarize, { archive: again.archive, plan })).rejects.toThrow('another program');

    await archive.store.replace(key, own);
    expect(await findings(archive)).toEqual(['ICEBERG_BEHIND']);
    // `gc` lets the table follow before it removes the files that the table still names.
    for await (const { kind, remove } of findWaste(archive, new LocalStore(archive.store.uri)))
      if (kind === 'REPLACED_FILE') await remove(Date.now() - 3 * DAY_MS);
    expect(await syncIceberg(archive, 't')).toMatchObject({ outcome: 'current', version: 3 });
    await expect(runStep(summarize, { archive: again.archive, plan })).resolves.toMatchObject([{ rows: 4 }]);
    expect(await findings(archive)).toEqual([]);
  });

  it('leave metadata of earlier versions to gc, and audit finds a missing manifest', async () => {
    const archive = await open('followed');
    const store = new LocalStore(archive.store.uri);
    const old: string[] = [];
    for await (const { kind, key, remove } of findWaste(archive, store))
      if (kind === 'OLD_ICEBERG') {
        expect(await remove(0)).toBe(false);
        expect(await remove(Date.now() + DAY_MS)).toBe(true);
        old.push(path.basename(key));
      }
    expect(old).toEqual(expect.arrayContaining(['v2.metadata.json', expect.stringMatching(/^snap-2-/)]));
    expect(await findings(archive)).toEqual([]);
    for await (const { key } of store.list('_iceberg/t/metadata/manifest-')) {
      await store.delete(key);
      break;
    }
    expect(await findings(archive)).toEqual(['ICEBERG_DIFFERS']);
    await rebuildIceberg(archive, 't');
    expect(await findings(archive)).toEqual([]);
  });
});

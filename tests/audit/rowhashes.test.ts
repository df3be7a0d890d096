import { mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import { addRowHashes, Archive, cloneArchive, findRowHashes } from '@parquetry/archive';
import { LocalStore } from '@parquetry/storage';
import { IDENTITY, inFolder, plainDraft, SMALL_SCHEMA } from '../../libs/archive/src/testing/fixture';
import { auditArchive } from '../../libs/audit/src/audit';
import type { DatasetAudit } from '../../libs/audit/src/report';

const RANGE = { start: 10, end: 14 };

/** An archive with a segment of five ledgers without rows and without row hashes. */
async function empty(folder: string) {
  const archive = await Archive.open(new LocalStore(path.join(folder, 'archive')), { create: IDENTITY });
  const table = archive.dataset('events');
  await archive.registry.register('events', SMALL_SCHEMA);
  const { segment } = await table.publish(await plainDraft(folder, RANGE, { count: 0 }));
  const key = `_parquetry/segments/events/${segment}.rows.json`;
  const found = async () => findRowHashes(archive.store, await table.segment(segment));
  return { archive, table, segment, key, found };
}

async function deep(archive: Archive, addHashes = false): Promise<DatasetAudit> {
  const audits: DatasetAudit[] = [];
  for await (const audit of auditArchive(archive, { level: 'full', addRowHashes: addHashes }))
    audits.push(audit);
  return audits[0] as DatasetAudit;
}

const codes = ({ findings }: DatasetAudit): string[] => findings.map(({ code }) => code);

describe('row hashes that were added later', () => {
  it.each([
    ['is cut off', (text: string) => text.slice(0, text.length / 2)],
    ['is null', () => 'null'],
    ['has no version', () => '{}'],
    ['has too many hashes', (text: string) => text.replace('"ledgers":"', '"ledgers":"AAAA')],
    ['has no hashes', (text: string) => text.replace('"ledgers"', '"other"')],
    ['has another root', (text: string) => text.replace(/"root":"\w{4}/, '"root":"0000')],
  ])('are reported and computed again when their object %s', (_, damage) =>
    inFolder(async (folder) => {
      const { archive, key, found } = await empty(folder);
      expect(await deep(archive)).toMatchObject({ findings: [], rowHashes: { without: [RANGE] } });
      expect((await deep(archive, true)).rowHashes).toEqual({ checked: 0, added: 5, without: [] });
      const right = await found();
      const text = Buffer.from(await archive.store.get(key)).toString();
      expect(damage(text)).not.toBe(text);
      await archive.store.delete(key);
      await archive.store.putIfAbsent(key, Buffer.from(damage(text)));

      const audit = await deep(archive);
      expect(codes(audit)).toEqual(['ARCHIVE_INVALID']);
      expect(audit.findings[0]?.message).toContain(key);
      expect(audit.rowHashes).toEqual({ checked: 0, added: 0, without: [RANGE] });
      const again = await deep(archive, true);
      expect({ findings: again.findings, added: again.rowHashes?.added }).toEqual({ findings: [], added: 5 });
      expect(await found()).toEqual(right);
      expect(await deep(archive)).toMatchObject({ findings: [], rowHashes: { checked: 5 } });
    }),
  );

  it('reach a clone that was made before', () =>
    inFolder(async (folder) => {
      const { archive, table, segment, found } = await empty(folder);
      const target = await Archive.open(new LocalStore(path.join(folder, 'clone')), { create: IDENTITY });
      const clone = async (): Promise<unknown> =>
        cloneArchive(archive, target, { tempDir: await mkdtemp(path.join(folder, 'temp-')) });
      await clone();
      await deep(archive, true);
      expect(await found()).toBeDefined();
      await clone();
      expect(await findRowHashes(target.store, await table.segment(segment))).toEqual(await found());
    }));

  it('of another version are kept', () =>
    inFolder(async (folder) => {
      const { archive, table, segment, key, found } = await empty(folder);
      const newer = '{"version":2}';
      await archive.store.putIfAbsent(key, Buffer.from(newer));
      expect(await found()).toBeUndefined();
      await addRowHashes(archive.store, await table.segment(segment), { version: 1, root: '', ledgers: '' });
      expect(Buffer.from(await archive.store.get(key)).toString()).toBe(newer);
    }));
});

import { generateKeyPairSync } from 'node:crypto';
import path from 'node:path';
import { Archive, UNSPECIFIED_NETWORK } from '@parquetry/archive';
import type { CoverageProof, LedgerRange } from '@parquetry/core';
import { LocalStore } from '@parquetry/storage';
import { IDENTITY, inFolder, plainDraft, sha256 } from '../../libs/archive/src/testing/fixture';
import { compareArchives, type DatasetComparison, isEqual } from '../../libs/audit/src/compare/compare';
import { seal, unseal } from '../../libs/audit/src/attest/dsse';
import { archiveStatement, checkStatement, parseStatement } from '../../libs/audit/src/attest/statement';

const SEGMENTS = [
  { start: 1, end: 10 },
  { start: 11, end: 20 },
  { start: 200, end: 200 },
];

async function open(folder: string, name = 'archive', network = IDENTITY.network): Promise<Archive> {
  const store = new LocalStore(path.join(folder, name));
  return Archive.open(store, { create: { ...IDENTITY, network } });
}

/** Ledgers with row hashes, and a chain of ledger hashes. */
async function publish(folder: string, archive: Archive, ...ranges: LedgerRange[]): Promise<Archive> {
  for (const range of ranges) {
    const ledgers = Array.from({ length: range.end - range.start + 1 }, (_, index) => range.start + index);
    const rowHashes = Buffer.concat(ledgers.map((ledger) => Buffer.from(sha256(`row ${ledger}`), 'hex')));
    const proof: CoverageProof = {
      kind: 'chain',
      firstPreviousHash: `hash ${range.start - 1}`,
      lastHash: `hash ${range.end}`,
    };
    await archive.dataset('events').publish(await plainDraft(folder, range, { rowHashes, proof }));
  }
  return archive;
}

const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

describe('an attestation', () => {
  it('of several ranges is accepted, also where they look like a grouped number', () =>
    inFolder(async (folder) => {
      const archive = await publish(folder, await open(folder), ...SEGMENTS);
      const statement = await archiveStatement(archive, { version: '1' });
      expect(statement.predicate.datasets[0]?.ranges).toEqual(['1-20', '200']);
      await checkStatement(archive, parseStatement(bytes(statement)));
    }));

  it('of a part names the last hashes inside it, and each dataset once', () =>
    inFolder(async (folder) => {
      const archive = await publish(folder, await open(folder), ...SEGMENTS);
      const attest = async (start: number, end: number) => {
        const datasets = ['events', 'events'];
        const { predicate } = await archiveStatement(archive, {
          datasets,
          ranges: [{ start, end }],
          version: '1',
        });
        return predicate.datasets.map(({ coverage, lastHashes }) => [coverage, lastHashes]);
      };
      expect(await attest(1, 20)).toEqual([['chain', ['hash 20']]]);
      expect(await attest(1, 15)).toEqual([['chain', ['hash 10']]]);
      expect(await attest(2, 5)).toEqual([['chain', []]]);
    }));

  it('is refused for datasets and ledgers that the archive does not have', () =>
    inFolder(async (folder) => {
      const archive = await publish(folder, await open(folder), ...SEGMENTS);
      await expect(
        archiveStatement(archive, { datasets: ['events', 'evnets'], version: '1' }),
      ).rejects.toMatchObject({ code: 'MESSAGE_TYPE_UNKNOWN' });
      await expect(
        archiveStatement(archive, { ranges: [{ start: 1, end: 100 }], version: '1' }),
      ).rejects.toMatchObject({
        code: 'COVERAGE_GAP',
        message: expect.stringContaining('Ledgers 21-100 of events') as string,
      });
    }));

  it('of another form is refused by a code', () =>
    inFolder(async (folder) => {
      const archive = await publish(folder, await open(folder), { start: 1, end: 10 });
      const statement = await archiveStatement(archive, { version: '1' });
      const { predicate, subject: _, ...rest } = statement;
      const [claim] = predicate.datasets;
      for (const wrong of [
        null,
        rest,
        { ...rest, predicate },
        { ...statement, subject: [null] },
        { ...statement, subject: [{ digest: null }] },
        { ...statement, predicate: { ...predicate, datasets: [null] } },
        { ...statement, predicate: { ...predicate, datasets: [{ ...claim, ranges: '1-10' }] } },
        { ...statement, predicate: { ...predicate, datasets: [{ ...claim, ranges: ['latest'] }] } },
        { ...statement, predicate: { ...predicate, datasets: [{ ...claim, ranges: ['x'] }] } },
      ])
        expect(() => parseStatement(bytes(wrong))).toThrow(
          expect.objectContaining({ code: 'ATTESTATION_INVALID' }),
        );
      const { privateKey, publicKey } = generateKeyPairSync('ed25519');
      const envelope = seal(bytes(statement), privateKey);
      expect(unseal(envelope, publicKey)).toEqual(bytes(statement));
      for (const signatures of [[null], [{}], null, [...envelope.signatures, { sig: 1 }]])
        expect(() => unseal({ ...envelope, signatures } as never, publicKey)).toThrow(
          expect.objectContaining({ code: 'ATTESTATION_INVALID' }),
        );
    }));
});

describe('a comparison', () => {
  const compare = async (a: Archive, b: Archive, ranges?: readonly LedgerRange[]) => {
    const found: DatasetComparison[] = [];
    for await (const each of compareArchives(a, b, ranges && { ranges })) found.push(each);
    return found;
  };

  it('of ledgers that neither archive has finds no equality', () =>
    inFolder(async (folder) => {
      const [a, b] = [await open(folder, 'a'), await open(folder, 'b')];
      await expect(compare(a, b)).rejects.toMatchObject({ code: 'COVERAGE_GAP' });
      for (const archive of [a, b]) await publish(folder, archive, { start: 1, end: 10 });
      expect((await compare(a, b)).every(isEqual)).toBe(true);
      const found = await compare(a, b, [{ start: 8, end: 12 }]);
      expect(found).toMatchObject([{ equal: 3, neither: [{ start: 11, end: 12 }] }]);
      expect(found.every(isEqual)).toBe(false);
    }));

  it('of different networks is refused; messages may name none', () =>
    inFolder(async (folder) => {
      const [a, b] = [await open(folder, 'a'), await open(folder, 'b', 'another')];
      await expect(compare(a, b)).rejects.toMatchObject({ code: 'ARCHIVE_MISMATCH' });
      const messages = await open(folder, 'messages', UNSPECIFIED_NETWORK);
      for (const archive of [a, messages]) await publish(folder, archive, { start: 1, end: 10 });
      expect((await compare(a, messages)).every(isEqual)).toBe(true);
    }));
});

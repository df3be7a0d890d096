import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Reject, type RejectLine, type RejectSummary, rejectCount } from '@parquetry/core';
import { RejectFile, REJECT_LIMITS, RejectLog, type RejectLimits } from './rejectfile';

const limits = (some: Partial<RejectLimits>): RejectLimits => ({ ...REJECT_LIMITS, ...some });
const noType = (line: number): Reject => ({
  code: 'NO_MESSAGE_TYPE',
  reason: 'The message names no type.',
  position: `in:${line}`,
  raw: '{}',
});
const unknown = (line: number, ledger: number, column: string): Reject => ({
  code: 'UNKNOWN_COLUMN',
  reason: `There is no ${column}.`,
  dataset: 'a',
  ledger,
  column,
  expected: 'no such column',
  actual: `value ${line}`,
  position: `in:${line}`,
  raw: '{"type":"a"}',
});

function lines(rejects: readonly Reject[], some: Partial<RejectLimits> = {}): RejectLine[] {
  const log = new RejectLog(limits(some));
  const whole = rejects.flatMap((reject) => log.take(reject) ?? []);
  expect(log.count).toBe(rejects.length);
  const all = [...whole, ...log.summaries()].map((line) => JSON.parse(line) as RejectLine);
  expect(all.reduce((sum, line) => sum + rejectCount(line), 0)).toBe(rejects.length);
  return all;
}

describe('a rejects file', () => {
  it('has complete rejects up to the limit of their kind, without a summary', () => {
    const rejects = [1, 2, 3].map(noType);
    expect(lines(rejects, { perKind: 3 })).toEqual(rejects);
  });

  it('counts rejects beyond the limit, with the first and last position and without their text', () => {
    const rejects = [1, 2, 3, 4, 5, 6].map(noType);
    const { raw: _, ...third } = noType(3);
    expect(lines(rejects, { perKind: 2 })).toEqual([
      ...rejects.slice(0, 2),
      { ...third, count: 4, first: 'in:3', last: 'in:6' },
    ]);
  });

  it('has one summary for each code and column, of the message with the lowest ledger', () => {
    const rejects = [
      unknown(1, 9, 'x'),
      noType(2),
      unknown(3, 9, 'y'),
      unknown(4, 8, 'x'),
      unknown(5, 6, 'x'),
      unknown(6, 7, 'x'),
      noType(7),
    ];
    const summaries = lines(rejects, { perKind: 1 }).slice(3);
    const { raw: _, ...lowest } = unknown(5, 6, 'x');
    const { raw: __, ...last } = noType(7);
    expect(summaries).toEqual([
      { ...lowest, count: 3, first: 'in:4', last: 'in:6' },
      { ...last, count: 1, first: 'in:7', last: 'in:7' },
    ]);
  });

  it('only counts after its byte limit; the reject that reaches it is complete', () => {
    const rejects = [noType(1), noType(2), noType(3), unknown(4, 1, 'x')];
    const size = JSON.stringify(noType(1)).length + 1;
    const found = lines(rejects, { bytes: size + 1 });
    expect(found.slice(0, 2)).toEqual(rejects.slice(0, 2));
    expect(found.slice(2)).toMatchObject([
      { code: 'NO_MESSAGE_TYPE', count: 1 },
      { code: 'UNKNOWN_COLUMN', count: 1, column: 'x' },
    ]);
  });

  it('counts columns beyond the limit of kinds together, because message keys are unlimited', () => {
    const rejects = Array.from({ length: 1_000 }, (_, at) => unknown(at, 1_000 - at, `key${at}`));
    const found = lines(rejects, { kinds: 10, perKind: 1 });
    expect(found).toHaveLength(12);
    const summary = found[11] as RejectSummary;
    expect(summary).toMatchObject({ ledger: 1, count: 989, first: 'in:11', last: 'in:999' });
    expect(summary.column).toBeUndefined();
  });

  it('has the same bytes for the same rejects, and does not exist without any', async () => {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'parquetry-rejectfile-'));
    try {
      for (const name of ['one', 'two']) {
        const file = new RejectFile(path.join(dir, name), limits({ perKind: 5 }));
        for (let line = 1; line <= 40; line += 1)
          file.append(line % 3 === 0 ? noType(line) : unknown(line, line, `k${line % 4}`));
        await file.close();
        expect(file.count).toBe(40);
      }
      expect(await readFile(path.join(dir, 'one'), 'utf8')).toBe(
        await readFile(path.join(dir, 'two'), 'utf8'),
      );
      await new RejectFile(path.join(dir, 'none')).close();
      expect(await readdir(dir)).toEqual(['one', 'two']);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});

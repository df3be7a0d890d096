import path from 'node:path';
import fc from 'fast-check';
import { isParquetryError, type LedgerRange } from '@parquetry/core';
import { LocalStore, type ObjectStore } from '@parquetry/storage';
import { Archive } from './archive';
import { checkSnapshot } from './check';
import type { SegmentDraft } from './draft';
import { compactionOf, IDENTITY, inFolder, plainDraft } from './testing/fixture';
import { takeTurns, type TurnWriter } from './testing/turns';

type Outcome = 'committed' | 'unchanged' | 'refused' | 'crashed';

const publisher =
  (draft: SegmentDraft) =>
  async (store: ObjectStore): Promise<Outcome> => {
    try {
      const events = (await Archive.open(store, { create: IDENTITY })).dataset('events');
      const { outcome, replaced } = await events.publish(draft);
      await events.retire(replaced);
      return outcome;
    } catch (error) {
      if (!isParquetryError(error)) throw error;
      if (error.code === 'COMMIT_CONFLICT') return 'refused';
      if (error.code === 'STORAGE_UNREACHABLE') return 'crashed';
      throw error;
    }
  };

/** The content of each ledger; also checks every live file against its commit, and that no ledger is in two files. */
async function contents(root: string): Promise<Map<number, string>> {
  const store = new LocalStore(root);
  const snapshot = await (await Archive.open(store, { create: IDENTITY })).dataset('events').snapshot();
  const found = new Map<number, string>();
  for await (const finding of checkSnapshot(store, snapshot, { deep: true }))
    expect([finding.message, finding.fault]).toEqual([finding.message, false]);
  for (const file of snapshot.files) {
    const text =
      Buffer.from(await store.get(file.key))
        .toString()
        .split(' ')[0] ?? '';
    for (let ledger = file.range?.start ?? 0; ledger <= (file.range?.end ?? -1); ledger++) {
      expect(found.has(ledger)).toBe(false);
      found.set(ledger, text);
    }
  }
  return found;
}

const ledgersOf = ({ start, end }: LedgerRange): number[] =>
  Array.from({ length: end - start + 1 }, (_, index) => start + index);

/** Runs two writers by a schedule, then each one alone until nothing crashes; the archive is valid after each step. */
async function play(
  root: string,
  drafts: readonly [SegmentDraft, SegmentDraft],
  schedule: readonly number[],
  crashes: readonly TurnWriter<unknown>['crash'][],
): Promise<Outcome[]> {
  const store = new LocalStore(root);
  const writers = drafts.map((draft, index): TurnWriter<Outcome> => {
    const crash = crashes[index];
    return { run: publisher(draft), ...(crash === undefined ? {} : { crash }) };
  });
  const settled = await takeTurns(store, writers, schedule);
  const first = settled.map((result) => {
    if (result.status === 'rejected') throw result.reason as Error;
    return result.value;
  });
  await contents(root);
  const outcomes: Outcome[] = [];
  for (const [index, draft] of drafts.entries())
    outcomes.push(first[index] === 'crashed' ? await publisher(draft)(store) : (first[index] as Outcome));
  const found = await contents(root);
  const texts = drafts.map((draft) => textOf(draft));
  for (const [index, draft] of drafts.entries()) {
    if (outcomes[index] === 'refused') continue;
    for (const ledger of ledgersOf(draft.range)) expect(texts).toContain(found.get(ledger));
  }
  return outcomes;
}

const textOf = (draft: SegmentDraft): string => TEXTS.get(draft) ?? '';
const TEXTS = new WeakMap<SegmentDraft, string>();

async function draftOf(
  folder: string,
  range: LedgerRange,
  text: string,
  mode: 'fill' | 'replace' = 'fill',
): Promise<SegmentDraft> {
  const draft = await plainDraft(folder, range, { text, mode });
  TEXTS.set(draft, text);
  return draft;
}

const A = { start: 10, end: 19 };
const CASES: readonly [string, LedgerRange, string, 'fill' | 'replace', readonly string[]][] = [
  ['the same content', A, 'a', 'fill', ['committed', 'unchanged']],
  ['another content', A, 'b', 'fill', ['committed', 'refused']],
  ['an overlapping range', { start: 15, end: 24 }, 'b', 'fill', ['committed', 'refused']],
  ['a neighbouring range', { start: 20, end: 29 }, 'b', 'fill', ['committed', 'committed']],
  ['a replacement', A, 'b', 'replace', []],
];

/** Two committed segments in the folder of a run, and a compaction that read both. */
async function compaction(folder: string, root: string): Promise<SegmentDraft> {
  const events = (await Archive.open(new LocalStore(root), { create: IDENTITY })).dataset('events');
  for (const start of [A.start, A.end + 1])
    await events.publish(await draftOf(folder, { start, end: start + 9 }, 'old'));
  const whole = { start: A.start, end: A.end + 10 };
  const draft = await plainDraft(folder, whole, { text: 'old', ...(await compactionOf(events, whole)) });
  TEXTS.set(draft, 'old');
  return draft;
}

describe('two writers, one operation at a time (invariant 1)', () => {
  it(
    'a compaction never brings back rows that a replacement changed after it read them',
    () =>
      inFolder(async (folder) => {
        const seen = new Set<string>();
        for (let at = 0; at < 40; at++) {
          const root = path.join(folder, `${at}`);
          const drafts = [
            await compaction(folder, root),
            await draftOf(folder, A, 'new', 'replace'),
          ] as const;
          // `play` reads all ledgers; those beyond the replacement keep the text of the compaction.
          const schedule = [...new Array<number>(at).fill(0), ...new Array<number>(80).fill(1)];
          const outcomes = await play(root, drafts, schedule, []);
          seen.add(outcomes.join());
          // The replacement does not contain the merged segment, so only one of them can be committed.
          expect(outcomes.filter((outcome) => outcome === 'committed')).toHaveLength(1);
          const found = await contents(root);
          expect(found.get(A.start)).toBe(outcomes[1] === 'committed' ? 'new' : 'old');
          expect(found.get(A.end + 1)).toBe('old');
        }
        expect([...seen].sort()).toEqual(['committed,refused', 'refused,committed']);
      }),
    120_000,
  );

  it.each(CASES)(
    'with %s: the second starts at every operation of the first',
    (_name, range, text, mode, expected) =>
      inFolder(async (folder) => {
        for (let at = 0; at < 22; at++) {
          const drafts = [await draftOf(folder, A, 'a'), await draftOf(folder, range, text, mode)] as const;
          const schedule = [...new Array<number>(at).fill(0), ...new Array<number>(60).fill(1)];
          const outcomes = await play(path.join(folder, `${at}`), drafts, schedule, []);
          if (expected.length > 0) expect([...outcomes].sort()).toEqual(expected);
          else expect(outcomes).not.toContain('crashed');
        }
      }),
    120_000,
  );

  it(
    'with crashes of either at any operation, in any order',
    () =>
      inFolder(async (folder) => {
        let run = 0;
        const crash = fc.option(
          fc.record({
            at: fc.integer({ min: 0, max: 18 }),
            when: fc.constantFrom('before' as const, 'after' as const),
          }),
          { nil: undefined },
        );
        await fc.assert(
          fc.asyncProperty(
            fc.constantFrom(...CASES),
            fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 50 }),
            fc.tuple(crash, crash),
            async ([, range, text, mode], schedule, crashes) => {
              const drafts = [
                await draftOf(folder, A, 'a'),
                await draftOf(folder, range, text, mode),
              ] as const;
              const outcomes = await play(path.join(folder, `random-${run++}`), drafts, schedule, crashes);
              expect(outcomes).not.toContain('crashed');
            },
          ),
          { numRuns: 150 },
        );
      }),
    180_000,
  );
});

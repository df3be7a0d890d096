import path from 'node:path';
import fc from 'fast-check';
import { isParquetryError, type LedgerRange } from '@parquetry/core';
import { LocalStore, type ObjectStore } from '@parquetry/storage';
import { Archive } from './archive';
import { checkSnapshot } from './check';
import { FlakyStore } from './testing/flaky';
import { IDENTITY, inFolder, plainDraft } from './testing/fixture';

/** One writer's publish: its input, and the store operation at which it crashes, if any. */
interface Publish {
  readonly range: LedgerRange;
  readonly text: string;
  readonly count: number;
  readonly mode: 'fill' | 'replace';
  readonly crash: { readonly at: number; readonly when: 'before' | 'after' } | null;
}

const publish: fc.Arbitrary<Publish> = fc.record({
  range: fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 3 })).map(([from, parts]) => ({
    start: 1 + from * 10,
    end: (from + parts) * 10,
  })),
  text: fc.constantFrom('a', 'b'),
  count: fc.integer({ min: 0, max: 2 }),
  mode: fc.constantFrom('fill' as const, 'replace' as const),
  crash: fc.option(
    fc.record({
      at: fc.integer({ min: 0, max: 20 }),
      when: fc.constantFrom('before' as const, 'after' as const),
    }),
  ),
});

/** The allowed contents of each ledger: those of a successful publish, or of a crashed one that may have committed. */
class Model {
  readonly contents = new Map<number, Set<string>>();

  took(range: LedgerRange, content: string, sure: boolean): void {
    for (let ledger = range.start; ledger <= range.end; ledger++) {
      const before = sure ? [] : [...(this.contents.get(ledger) ?? ['gap'])];
      this.contents.set(ledger, new Set([...before, content]));
    }
  }
}

async function run(
  folder: string,
  root: string,
  step: Publish,
): Promise<'committed' | 'refused' | 'crashed'> {
  const { range, text, count, mode, crash } = step;
  const draft = await plainDraft(folder, range, { text, count, mode });
  const store: ObjectStore =
    crash === null ? new LocalStore(root) : new FlakyStore(new LocalStore(root), crash.at, crash.when);
  try {
    const dataset = (await Archive.open(store, { create: IDENTITY })).dataset('events');
    const { replaced } = await dataset.publish(draft);
    await dataset.retire(replaced);
    return 'committed';
  } catch (error) {
    if (!isParquetryError(error)) throw error;
    if (error.code === 'COMMIT_CONFLICT') return 'refused';
    if (error.code === 'STORAGE_UNREACHABLE') return 'crashed';
    throw error;
  }
}

async function contentOf(store: LocalStore, ledgers: number): Promise<string[]> {
  const archive = await Archive.open(store, { create: IDENTITY });
  const snapshot = await archive.dataset('events').snapshot();
  const found: string[] = new Array<string>(ledgers + 1).fill('gap');
  const put = (range: LedgerRange, content: string, over: string): void => {
    for (let ledger = range.start; ledger <= range.end; ledger++) {
      expect(found[ledger]).toBe(over);
      found[ledger] = content;
    }
  };
  for (const { range } of snapshot.segments) put(range, 'empty', 'gap');
  for (const file of snapshot.files)
    put(
      file.range!,
      Buffer.from(await store.get(file.key))
        .toString()
        .split(' ')[0]!,
      'empty',
    );
  for await (const finding of checkSnapshot(store, snapshot, { deep: true }))
    expect(finding.fault).toBe(false);
  return found;
}

describe('any publishes with crashes (invariant 1)', () => {
  it('leave each ledger with the content of exactly one publish, or none', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(publish, { minLength: 1, maxLength: 8 }), (steps) =>
        inFolder(async (folder) => {
          const root = path.join(folder, 'archive');
          const model = new Model();
          for (const step of steps) {
            const outcome = await run(folder, root, step);
            const content = step.count === 0 ? 'empty' : step.text;
            if (outcome !== 'refused') model.took(step.range, content, outcome === 'committed');
            if (outcome === 'crashed' && step.mode === 'replace') {
              const again = await run(folder, root, { ...step, crash: null });
              expect(again).not.toBe('crashed');
              if (again === 'committed') model.took(step.range, content, true);
            }
          }
          const found = await contentOf(new LocalStore(root), 80);
          for (let ledger = 1; ledger <= 80; ledger++)
            expect([...(model.contents.get(ledger) ?? ['gap'])]).toContain(found[ledger]);
        }),
      ),
      { numRuns: 40 },
    );
  }, 120_000);

  it('of two concurrent writers never duplicate a ledger', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(publish, { minLength: 2, maxLength: 5 }), (steps) =>
        inFolder(async (folder) => {
          const root = path.join(folder, 'archive');
          await Promise.all(steps.map((step) => run(folder, root, step)));
          await contentOf(new LocalStore(root), 80);
        }),
      ),
      { numRuns: 40 },
    );
  }, 120_000);
});

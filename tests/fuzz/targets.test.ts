import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Counts, countsTable, runCases, timeBox } from './campaign';
import { TARGETS } from './targets';
import { Watchdog } from './watchdog';

const env = process.env;
const seed = Number(env['PARQUETRY_FUZZ_SEED'] ?? 20_251_123);
const first = Number(env['PARQUETRY_FUZZ_INDEX'] ?? 0);
const wanted = env['PARQUETRY_FUZZ_TARGET'] ?? 'all';
const given = env['PARQUETRY_FUZZ_CASES'];
const timed = env['PARQUETRY_FUZZ_SECONDS'] !== undefined;

const watchdog = new Watchdog(TARGETS.map(({ name }) => name));
const all: Counts[] = [];
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'parquetry-fuzz-'));
});
afterAll(async () => {
  await watchdog.close();
  await rm(dir, { recursive: true, force: true });
  process.stderr.write(`${countsTable(all)}\n`);
});

const targets = TARGETS.filter(({ name }) => wanted === 'all' || wanted === name);
it('has the wanted target', () => {
  expect(targets).not.toEqual([]);
});

for (const target of targets) {
  const cases = timed ? Infinity : given === undefined ? target.ci : Number(given);
  const box = timeBox(env, targets.length, cases);
  it(
    `${timed ? 'as many cases as the time allows' : `${cases} cases`} of ${target.name} (seed ${seed}) end right or with a coded error`,
    async () => {
      const own = await mkdtemp(path.join(dir, `${target.name}-`));
      const counts = await runCases(target, { seed, cases, first, dir: own, watchdog, box });
      all.push(counts);
      expect(counts.faults).toEqual([]);
      if (!timed && counts.cases < cases)
        process.stderr.write(
          `The time of ${target.name} was over after ${counts.cases} of ${cases} cases.\n`,
        );
      expect(counts.cases).toBeGreaterThanOrEqual(box?.floor ?? cases);
      const refused = Object.values(counts.refused).reduce((sum, count) => sum + count, 0);
      expect(counts.accepted + refused).toBe(counts.cases);
    },
    // The watchdog ends a case that hangs. When jest gives up, the cases would go on without it.
    Math.max(120_000, timed ? (box?.milliseconds ?? 0) + 120_000 : cases * 2_000),
  );
}

import { isParquetryError } from '@parquetry/core';
import { Random } from './random';
import { type Target, Violation } from './target';
import type { Watchdog } from './watchdog';

/** What a run of one target found. */
export interface Counts {
  readonly target: string;
  readonly seed: number;
  cases: number;
  /** The input was harmless, and the result was right. */
  accepted: number;
  /** Refused cases by code. */
  readonly refused: Record<string, number>;
  /** At most `MAX_FAULTS`; each names the command that runs the case again. */
  readonly faults: string[];
  milliseconds: number;
}

/** Which cases of a target run. */
export interface Cases {
  readonly seed: number;
  readonly cases: number;
  /** Index of the first case. */
  readonly first?: number;
  readonly dir: string;
  readonly watchdog: Watchdog;
  /** Absent: all cases run, however long they take. */
  readonly box?: TimeBox | undefined;
}

/** Ends a run before all of its cases ran. */
export interface TimeBox {
  readonly milliseconds: number;
  /** Cases that run in any case. */
  readonly floor: number;
}

/** The time of a target in CI. A slow machine must not make the suite endless. */
const CI_MS = 60_000;
/** The time of a target before the next one's turn in a campaign of hours. */
const TURN_S = 600;

/**
 * The time box of one of `targets` targets. A campaign with a time (`PARQUETRY_FUZZ_SECONDS`, `Infinity` for one without
 * end) shares it among them, in turns; one with a number of cases has no box; CI runs a quarter of its cases in any case.
 */
export function timeBox(env: NodeJS.ProcessEnv, targets: number, cases: number): TimeBox | undefined {
  const seconds = env['PARQUETRY_FUZZ_SECONDS'];
  if (seconds !== undefined) {
    const turn = Number(env['PARQUETRY_FUZZ_TURN_SECONDS'] ?? TURN_S);
    return { milliseconds: Math.min(turn, Number(seconds) / targets) * 1000, floor: 1 };
  }
  if (env['PARQUETRY_FUZZ_CASES'] !== undefined) return undefined;
  return { milliseconds: CI_MS, floor: Math.ceil(cases / 4) };
}

const MAX_FAULTS = 10;
/** A case may take this long on a loaded machine. */
const SLOW_MS = 30_000;
/** Resident memory that no case may add. */
const GROWTH_BYTES = 1.5e9;

/** Runs cases of a target and judges what became of each. */
export async function runCases(target: Target, options: Cases): Promise<Counts> {
  const { seed, cases, first = 0, dir, watchdog, box } = options;
  const counts: Counts = {
    target: target.name,
    seed,
    cases: 0,
    accepted: 0,
    refused: {},
    faults: [],
    milliseconds: 0,
  };
  const opened = await target.open(dir);
  const began = Date.now();
  const refuse = (code: string): void => void (counts.refused[code] = (counts.refused[code] ?? 0) + 1);
  try {
    const base = process.memoryUsage.rss();
    for (let index = first; index < first + cases && counts.faults.length < MAX_FAULTS; index += 1) {
      if (box !== undefined && counts.cases >= box.floor && Date.now() - began >= box.milliseconds) break;
      watchdog.begin(target.name, index);
      const random = new Random(Random.seedOf(seed ^ nameSeed(target.name), index));
      const fault = (why: string): void =>
        void counts.faults.push(
          `npm run fuzz -- --target ${target.name} --seed ${seed} --index ${index}: ${why}`,
        );
      const start = Date.now();
      try {
        const outcome = await opened.run(random);
        if (typeof outcome === 'string') refuse(outcome);
        else counts.accepted += 1;
      } catch (error) {
        if (isParquetryError(error) && error.code !== 'INTERNAL') refuse(error.code);
        else fault(describe(error));
      }
      const took = Date.now() - start;
      if (took > SLOW_MS) fault(`took ${took} ms`);
      if (index % 16 === 0 && process.memoryUsage.rss() > base + GROWTH_BYTES)
        fault(`the process grew by ${Math.round((process.memoryUsage.rss() - base) / 1e6)} MB`);
      counts.cases += 1;
    }
  } finally {
    watchdog.rest();
    await opened.close?.();
  }
  counts.milliseconds = Date.now() - began;
  return counts;
}

function describe(error: unknown): string {
  if (error instanceof Violation) return error.message;
  return error instanceof Error ? (error.stack ?? error.message).slice(0, 900) : String(error);
}

/** The same index of two targets gives different choices. */
function nameSeed(name: string): number {
  let hash = 0;
  for (const letter of name) hash = (Math.imul(hash, 31) + (letter.codePointAt(0) ?? 0)) | 0;
  return hash;
}

/** The counts as a table. */
export function countsTable(all: readonly Counts[]): string {
  const lines = all.map(({ target, seed, cases, accepted, refused, faults, milliseconds }) => {
    const codes = Object.entries(refused).sort(([, a], [, b]) => b - a);
    const text = codes.map(([code, count]) => `${code} ${count}`).join(', ');
    return `| ${target} | ${seed} | ${cases} | ${accepted} | ${text} | ${faults.length} | ${(milliseconds / 1000).toFixed(1)} |`;
  });
  return [
    '| target | seed | cases | accepted | refused, by code | faults | seconds |',
    '|---|---|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}

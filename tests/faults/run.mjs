// One run of the campaign: a backfill that is disturbed by faults of one kind until it is done.
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { random } from './processes.mjs';

export const LIMIT_MS = 400_000;
const SIZE = 4;
const BUFFER = 40;
const TYPES = ['transactions', 'operations'];
/** Ends of a step that any fault may cause: they are retried, and a person may retry them. */
const ALWAYS = ['STORAGE_UNREACHABLE', 'STEP_TIMED_OUT', 'STAGE_LOST'];

/** The input of a run's workflow; the same as that of the command below. */
export function backfillInput({ lake, range, archive }) {
  return { spec: { ...specOf({ lake, archive }), range }, ...PACE };
}

/** The input of a scheduled run, which finds the range itself. */
export function scheduledInput({ lake, range, archive }) {
  const maxLedgers = range.end - range.start + 1;
  return { spec: specOf({ lake, archive }), ...PACE, lag: 0, maxLedgers, from: range.start };
}

const PACE = { concurrency: 3, maxParked: 100, onFailure: 'park' };

function specOf({ lake, archive }) {
  return {
    source: { uri: `galexie:${lake}` },
    archive,
    partitionSize: SIZE,
    types: TYPES,
    settings: { compression: 'snappy', layout: { kind: 'ledger_day' }, maxRowsPerFile: BUFFER },
    maxRejects: 0,
    verify: 'ledger',
  };
}

/** The same run as a command. */
export function backfillArgs({ lake, range, archive }) {
  return [
    ...['backfill', '--source', `galexie:${lake}`, '--archive', archive],
    ...['--ledgers', `${range.start}-${range.end}`, '--partition-size', String(SIZE)],
    ...['--types', TYPES.join(), '--buffer-size', String(BUFFER), '--concurrency', '3', '--json'],
  ];
}

/**
 * Runs one schedule of faults of a kind of `kinds.mjs`.
 * @param setting `source` {lake, range}; `scale`: how many steps of each kind and how many milliseconds an undisturbed run
 *   takes; `haste` divides the moments; `inspect()`: what is wrong with the archive while it is not complete
 * @returns {kind, faults, restarts, where, stops, seconds, failure}; `stops`: the codes with which the run stopped
 */
export async function faultyRun({ lane, dir, seed, kind, source, archive, scale, haste = 1, inspect }) {
  mkdirSync(dir, { recursive: true });
  const began = Date.now();
  const run = {
    ...{ lane, dir, scale, haste, ...source, archive, next: random(seed) },
    ...{ id: path.basename(dir), log: path.join(dir, 'fault.log'), deadline: began + LIMIT_MS },
    ...{ faults: 0, restarts: 0, stops: [], wrong: [], over: false },
    count: () => (run.faults += 1),
    /** Milliseconds after the start at which a fault comes. */
    moment: () => Math.floor((run.next() * 0.8 * scale.ms) / haste),
    /** Waits, but not beyond the end of the run; whether the run still continues. */
    pause: async (ms) => {
      for (const until = Date.now() + ms; Date.now() < until && !run.over;) await sleep(20);
      return !run.over;
    },
  };
  run.onStop = (stop) => stopped(run, kind, stop, inspect);
  lane.onDeath = (end) => {
    const known = end.signal === 'SIGKILL' || kind.death?.(end) === true;
    if (!known) run.wrong.push(`the worker ended with ${end.code ?? end.signal}: ${end.stderr}`);
    run.faults += 1;
    run.restarts += 1;
    lane.arm({ ...(kind.step?.(run) ?? {}), log: run.log });
  };
  const worker = kind.worker?.(run);
  if (worker !== undefined) await lane.retire();
  lane.arm({ ...(kind.step?.(run) ?? {}), log: run.log }, worker);
  const faults = (kind.strike?.(run) ?? Promise.resolve()).catch((error) => run.wrong.push(`${error.stack}`));
  const failure = await (kind.main ?? backfill)(run)
    .catch((error) => `${error.stack}`)
    .finally(() => (run.over = true));
  await faults;
  const { hits } = await lane.asked();
  await kind.lift?.(run);
  lane.onDeath = () => undefined;
  if (kind.used === true || worker !== undefined) await lane.retire();
  else lane.tell({});
  return {
    ...{ kind: kind.name, faults: run.faults + hits, restarts: run.restarts, where: lastSteps(run.log) },
    ...{ stops: [...new Set(run.stops)].sort(), seconds: (Date.now() - began) / 1000 },
    failure: [...(failure === undefined ? [] : [failure]), ...run.wrong].join('; ') || undefined,
  };
}

/** The run of most kinds. */
function backfill({ lane, id, onStop, deadline, ...source }) {
  return lane.backfill(id, backfillInput(source), onStop, deadline);
}

/** The run waits or failed: its error must be one of the kind, and nothing half-written may be visible. */
async function stopped(run, kind, { codes, texts, parked }, inspect) {
  run.restarts += 1;
  run.stops.push(...codes.map((code) => `${parked ? 'parked' : 'refused'} ${code}`));
  const other = codes.filter((code) => !ALWAYS.includes(code) && !(kind.codes ?? []).includes(code));
  if (other.length > 0) run.wrong.push(`stopped with ${other.join()}: ${texts.slice(0, 3).join(' | ')}`);
  run.wrong.push(...(await inspect()));
  // What the error asks a person for: the disk has space again, the credentials are renewed.
  await kind.lift?.(run);
}

/** Where the processes ended: the step and its subject. */
export function lastSteps(log) {
  let text = '';
  try {
    text = readFileSync(log, 'utf8');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .filter((line) => line.includes('"name"'))
    .map((line) => {
      const { kind, name, when, target } = JSON.parse(line);
      const temporary = path.basename(target).startsWith('.tmp-') ? ' (temporary)' : '';
      return `${when} ${kind.startsWith(name) ? '' : `${name} `}${kind}${temporary}`;
    });
}

// What a run found, and the table of a campaign: kinds × stores × outcomes.
import { existsSync, readFileSync } from 'node:fs';

/** Runs that were written by `--out`, one JSON document a line. */
export function readRuns(file) {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8').split('\n').filter(Boolean).map(JSON.parse);
}

/**
 * What is wrong with an archive.
 * @param found by dataset, what the reader says; @param whole the same without faults
 * @param partial the run is not done: rows may be missing, but existing ones are complete files of the whole
 */
export function faultsOf(found, whole, partial) {
  if (found.error !== undefined) return [`the reader failed: ${found.error}`];
  const faults = [];
  for (const [name, { files, lost, extra, disagree, unproven, strays }] of Object.entries(found)) {
    const want = whole[name]?.files ?? {};
    const paths = new Set([...Object.keys(files), ...(partial ? [] : Object.keys(want))]);
    const other = [...paths].filter((file) => files[file] !== want[file]);
    // A second attempt may have the same bytes under a name with a suffix.
    const hashes = new Set(Object.values(want));
    const broken = Object.entries(strays).filter(([, hash]) => !hashes.has(hash));
    if (!partial && lost > 0) faults.push(`${name}: ${lost} rows lost`);
    if (extra > 0) faults.push(`${name}: ${extra} rows doubled`);
    if (other.length > 0) faults.push(`${name}: ${other.length} files with other bytes`);
    if (broken.length > 0)
      faults.push(`${name}: visible and not whole: ${broken.map(([file]) => file).join()}`);
    if (disagree.length > 0) faults.push(`${name}: ${disagree.join(' and ')} see other rows`);
    faults.push(...unproven.map((text) => `${name}: ${text}`));
  }
  return faults;
}

/** A run as it is written and counted. */
export function recordOf({ seed, number, store, commit }, outcome, faults) {
  const { kind, faults: injected, restarts, stops, seconds, where, failure } = outcome;
  const wrong = [...(failure === undefined ? [] : [failure]), ...faults];
  const stopped =
    stops.length === 0 ? 'clean' : stops.some((text) => text.startsWith('refused')) ? 'refused' : 'parked';
  return {
    ...{
      seed,
      number,
      store,
      kind,
      faults: injected,
      restarts,
      stops,
      seconds: Math.round(seconds * 10) / 10,
      where,
    },
    ...{ outcome: wrong.length > 0 ? 'FAULT' : stopped, commit },
    ...(wrong.length > 0 ? { wrong: wrong.join('; ') } : {}),
  };
}

export function lineOf({ seed, number, store, kind, faults, seconds, outcome, stops, where, wrong }) {
  const more = [...stops, ...where].join('; ');
  return (
    `${number} ${store} ${kind} (seed ${seed}): ${faults} faults, ${seconds} s, ${outcome}` +
    `${more === '' ? '' : ` (${more})`}${wrong === undefined ? '' : `: ${wrong}`}`
  );
}

const OUTCOMES = ['clean', 'parked', 'refused', 'FAULT'];

/** Counts of the runs: of all, by store, by kind and store. */
export function sumOf(runs) {
  const count = (some) => ({
    runs: some.length,
    faults: some.reduce((sum, { faults }) => sum + faults, 0),
    restarts: some.reduce((sum, { restarts }) => sum + restarts, 0),
    ...Object.fromEntries(
      OUTCOMES.map((name) => [name, some.filter(({ outcome }) => outcome === name).length]),
    ),
  });
  const by = (key, some) => {
    const names = [...new Set(some.map(key))].sort();
    return names.map((name) => [name, some.filter((run) => key(run) === name)]);
  };
  return {
    ...count(runs),
    seeds: [...new Set(runs.map(({ seed }) => seed))],
    commits: [...new Set(runs.map(({ commit }) => commit))],
    stores: Object.fromEntries(by(({ store }) => store, runs).map(([name, some]) => [name, count(some)])),
    cells: by(({ kind }) => kind, runs).flatMap(([kind, some]) =>
      by(({ store }) => store, some).map(([store, own]) => ({
        ...{ kind, store, ...count(own) },
        codes: by(
          (text) => text,
          own.flatMap(({ stops }) => stops),
        ).map(([text, all]) => `${text} ${all.length}×`),
      })),
    ),
    failures: runs.filter(({ outcome }) => outcome === 'FAULT').map(lineOf),
  };
}

/** The table in Markdown. */
export function printSum(sum) {
  const cells = sum.cells.map(({ kind, store, runs, faults, codes, ...of }) => {
    const outcomes = OUTCOMES.map((name) => of[name] || '–').join(' | ');
    return `| ${kind} | ${store} | ${runs} | ${faults} | ${outcomes} | ${codes.join(', ') || '–'} |`;
  });
  const stores = Object.entries(sum.stores).map(
    ([store, { runs, faults }]) => `${store} ${runs} runs, ${faults} faults`,
  );
  return [
    `| kind | store | runs | faults | ${OUTCOMES.join(' | ')} | stopped with |`,
    '|---|---|--:|--:|--:|--:|--:|--:|---|',
    ...cells,
    '',
    `${sum.runs} runs (seed ${sum.seeds.join()}; ${stores.join('; ')}): ${sum.faults} faults injected; ${sum.clean} clean, ` +
      `${sum.parked} parked and resumed, ${sum.refused} refused and resumed, ${sum.FAULT} with a FAULT. Commits: ${sum.commits.join()}.`,
  ].join('\n');
}

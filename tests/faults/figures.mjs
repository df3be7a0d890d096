// Counts and prints the findings of a campaign.

export function emptyFigures(seed) {
  return {
    seed,
    runs: 0,
    kills: 0,
    restarts: 0,
    duplicates: 0,
    losses: 0,
    otherBytes: 0,
    disagreements: 0,
    failures: [],
    seconds: 0,
    stores: {},
    steps: {},
    undisturbed: {},
  };
}

/** Adds a run: `outcome` of `faultyRun`, what the readers `found` by dataset, and what they find `whole` without kills. */
export function addRun(figures, label, store, outcome, found, whole) {
  const { kind, kills, restarts, where, seconds, failure } = outcome;
  const ofStore = (figures.stores[store] ??= { runs: 0, kills: 0, restarts: 0, kinds: {} });
  const ofKind = (ofStore.kinds[kind] ??= { runs: 0, kills: 0 });
  for (const count of [figures, ofStore, ofKind]) count.runs += 1;
  for (const count of [figures, ofStore, ofKind]) count.kills += kills;
  for (const count of [figures, ofStore]) count.restarts += restarts;
  for (const step of where) figures.steps[step] = (figures.steps[step] ?? 0) + 1;
  if (kills === 0) figures.failures.push(`${label}: it was always over before the first kill`);
  const said = failure ?? found.error;
  if (said !== undefined) figures.failures.push(`${label}: ${said}`);
  const faults = said === undefined ? compare(figures, found, whole) : [said];
  if (said === undefined && faults.length > 0) figures.failures.push(`${label}: ${faults.join('; ')}`);
  console.error(
    `${label}: ${kills} kills, ${seconds.toFixed(1)} s${faults.length === 0 ? '' : ` FAULT: ${faults.join('; ')}`}${where.length > 0 ? ` (${where.join('; ')})` : ''}`,
  );
}

function compare(figures, found, whole) {
  const faults = [];
  for (const [name, { files, lost, extra, disagree }] of Object.entries(found)) {
    const want = whole[name]?.files ?? {};
    const paths = new Set([...Object.keys(files), ...Object.keys(want)]);
    const other = [...paths].filter((file) => files[file] !== want[file]).length;
    figures.losses += lost;
    figures.duplicates += extra;
    figures.otherBytes += other;
    figures.disagreements += disagree.length;
    if (lost + extra + other + disagree.length > 0)
      faults.push(
        `${name}: ${lost} lost, ${extra} doubled, ${other} other files, ${disagree.join(' and ')} sees other rows`,
      );
  }
  return faults;
}

/** The findings that fail a campaign. */
export function faultsIn({ failures, duplicates, losses, otherBytes, disagreements }) {
  return failures.length + duplicates + losses + otherBytes + disagreements;
}

export function printFigures(figures) {
  const stores = Object.entries(figures.stores).map(([store, { runs, kills, restarts, kinds }]) => {
    const list = Object.entries(kinds).map(([kind, of]) => `${kind} ${of.runs} runs ${of.kills} kills`);
    return `${store}: ${runs} runs, ${kills} kills, ${restarts} restarts (${list.join(', ')})`;
  });
  const steps = Object.entries(figures.steps).sort();
  return [
    `${figures.runs} runs in ${figures.seconds} s, seed ${figures.seed}: ${figures.kills} kills, ${figures.restarts} restarts; ` +
      `${figures.duplicates} duplicates, ${figures.losses} losses, ${figures.otherBytes} files with other bytes, ` +
      `${figures.disagreements} readers that disagree, ${figures.failures.length} runs with a fault.`,
    ...stores,
    `Killed at: ${steps.map(([step, times]) => `${step} ${times}×`).join(', ')}`,
  ].join('\n');
}

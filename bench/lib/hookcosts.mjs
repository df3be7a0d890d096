// What hooks of telemetry cost while it is off, one by one: their own time, without the work that they observe.
import { createRequire } from 'node:module';
import path from 'node:path';
import { ROOT } from './contender.mjs';

const require = createRequire(path.join(ROOT, 'apps/worker/package.json'));

/**
 * Nanoseconds of a hook of an operation, and of the note at the end of a workflow execution with its way to the worker's
 * main thread.
 */
export async function hookCosts() {
  const { observed } = require('@parquetry/system');
  const { inputFacts, resultFacts } = require('@parquetry/workflows');
  const done = Promise.resolve(1);
  const work = () => done;
  let key = 0;
  const hook = () =>
    observed(
      { kind: 'storage', name: 'get', facts: { store: 'file', key: `a/${(key += 1)}` } },
      work,
      (size) => ({
        size,
      }),
    );
  const input = { task: { key: '0000426000', range: { start: 426_000, end: 426_049 }, datasets: DATASETS } };
  const result = {
    outcome: 'done',
    tally: { rows: 1000, files: 9, bytes: 900_000, rejected: 0, ledgers: 50 },
  };
  const note = () =>
    structuredClone({
      name: 'telemetry.ended',
      args: [{ end: 'completed', facts: { ...inputFacts(input), ...resultFacts(result) } }],
      info: INFO,
    });
  return { hookNs: await perCall(hook, 500_000), noteNs: await perCall(note, 20_000) };
}

/** The fastest of five rounds: what other processes add is no cost of the hook. */
async function perCall(call, calls) {
  let best = Infinity;
  for (let round = 0; round < 5; round += 1) {
    const start = process.hrtime.bigint();
    for (let index = 0; index < calls; index += 1) call();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / calls);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return best;
}

const DATASETS = ['ledgers', 'transactions', 'contract_data', 'contract_events'];

/** As large as what Temporal sends with a note. */
const INFO = {
  workflowId: 'backfill-426000-426399-0123abcd/p/0000426000',
  runId: '01234567-89ab-cdef-0123-456789abcdef',
  workflowType: 'partition',
  searchAttributes: Object.fromEntries(DATASETS.map((name) => [name, [name]])),
  memo: {},
  parent: { workflowId: 'backfill-426000-426399-0123abcd', runId: '01234567-89ab-cdef-0123-456789abcdef' },
  taskQueue: 'parquetry',
  namespace: 'default',
  historyLength: 100,
  historySize: 40_000,
  startTime: new Date(0),
  runStartTime: new Date(0),
  unsafe: { isReplaying: false },
};

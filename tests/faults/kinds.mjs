// The kinds of faults: where each is injected, how, and with which codes a run may stop because of it.
import * as hosts from './kinds/hosts.mjs';
import * as kills from './kinds/kills.mjs';
import * as networks from './kinds/networks.mjs';
import * as runs from './kinds/runs.mjs';

/**
 * A kind: `stores`; `weight`, how often it comes; `missing()`, why it can't be injected here; `lane`, what its lanes need
 * ('temporal': a server of their own, 'disk': a small file system); `codes` that a run may stop with; `worker(run)`, options
 * of a worker that is started for the run; `step(run)`, the message for `hook.cjs`; `strike(run)`, faults at moments; `lift(run)` ends
 * the fault; `main(run)` if it is not one backfill; `death(end)`, whether a worker may end so; `used`, the worker is not
 * used for another run.
 */
const KINDS = [...kills.KINDS, ...hosts.KINDS, ...networks.KINDS, ...runs.KINDS];

/** All pairs of a store and a kind, each as often as it weighs, mixed so that any slice has most of them. */
export function cellsOf(stores, names) {
  const cells = KINDS.filter(({ name }) => names === undefined || names.includes(name)).flatMap((kind) =>
    kind.stores
      .filter((store) => stores.includes(store))
      .flatMap((store) => Array.from({ length: kind.weight ?? 1 }, (_, turn) => ({ store, kind, turn }))),
  );
  return cells
    .map((cell, index) => ({ cell, place: ((index + 1) * 0.618_033_988_75) % 1 }))
    .sort((a, b) => a.place - b.place)
    .map(({ cell }) => cell);
}

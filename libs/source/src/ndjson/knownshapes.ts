import * as schema from '@parquetry/schema';
import type { KeyTable, ShapeSpec, Tape } from '@parquetry/schema';
import type { MessagePlaces, MessageReader, Observation } from '../message';
import type { DatasetEntry } from './datasets';

// Local copies: in CommonJS each use of a re-exported name is a call.
const { NODE, NUMBER } = schema;

/** How the index pass processes messages of a known structure. */
export interface IndexPlan {
  /** Undefined for a type that was not requested. */
  readonly places?: MessagePlaces;
  /** Undefined while no message of the structure was in the range. */
  readonly seen?: {
    readonly number: number;
    readonly entry: DatasetEntry;
    readonly observed: readonly Observation[];
  };
}

/** How the pull processes messages of a known structure. */
export interface PullPlan<Target> {
  readonly places: MessagePlaces;
  readonly target: Target;
  /** Columns and nodes. */
  readonly pairs: Int32Array;
}

/** What the index pass stores about the structure of the message that `reader` has read. */
export function indexShape(
  tape: Tape,
  reader: MessageReader,
  places?: MessagePlaces,
  seen?: IndexPlan['seen'],
): ShapeSpec<IndexPlan> {
  if (places === undefined) return lesson({}, reader, [], []);
  if (seen === undefined) return lesson({ places }, reader, placeNodes(places), []);
  const { entry, number } = seen;
  // Once a column is text, a string that is not a time adds no evidence.
  const observed = seen.observed.filter(
    ({ evidence, node }) => tape.kind(node) === NUMBER || !evidence.isText,
  );
  const nodes = placeNodes(places);
  return lesson(
    { places, seen: { entry, number, observed } },
    reader,
    [...nodes, ...observed.map(({ node }) => node)],
    free(memberNodes(tape, places.inner, entry.texts), nodes, tape),
  );
}

/**
 * What the pull stores about a message's structure; `texts` are the nodes of its values for JSON text columns. Without
 * a plan its type is not staged.
 */
export function pullShape<Target>(
  plan: PullPlan<Target> | undefined,
  tape: Tape,
  reader: MessageReader,
  texts: readonly number[],
): ShapeSpec<PullPlan<Target> | undefined> {
  if (plan === undefined) return lesson(plan, reader, [], []);
  const nodes = placeNodes(plan.places);
  const values = plan.pairs.filter((_, index) => index % 2 === 1);
  return lesson(plan, reader, [...nodes, ...values], free(texts, nodes, tape));
}

function lesson<Plan>(
  plan: Plan,
  { typeNode }: MessageReader,
  wanted: readonly number[],
  texts: readonly number[],
): ShapeSpec<Plan> {
  const any = new Set(texts);
  return { plan, wanted, fixed: (node) => node === typeNode, any: (node) => any.has(node) };
}

function placeNodes({ ledgerNode, duplicateLedgerColumn, timeNode, timeTwin }: MessagePlaces): number[] {
  return [ledgerNode, duplicateLedgerColumn, timeNode, timeTwin].filter((node) => node >= 0);
}

/** The values of `keys` in the message and its unwrapped object. */
function memberNodes(tape: Tape, inner: number, keys: KeyTable): number[] {
  const found: number[] = [];
  for (const object of inner < 0 ? [0] : [0, inner])
    for (let key = object + NODE; key < tape.next(object); key = tape.next(key + NODE))
      if (key + NODE !== inner && keys.find(tape, key) >= 0) found.push(key + NODE);
  return found;
}

/** The `nodes` that contain none of `others`. */
function free(nodes: readonly number[], others: readonly number[], tape: Tape): number[] {
  return nodes.filter((node) => !others.some((other) => other >= node && other < tape.next(node)));
}

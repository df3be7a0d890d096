/**
 * A model of the commit protocol, small enough for checking every reachable state: writers that publish, crash and
 * retry, and a garbage collector, over one log and one set of objects. The steps mirror publish.ts, upload.ts,
 * commitrule.ts and Dataset.retire/sweep; each step is one operation on the store.
 */
export interface ModelDraft {
  /** Inclusive, tiny. */
  readonly range: readonly [number, number];
  readonly content: string;
  readonly mode: 'fill' | 'replace';
}

/** The scenario to explore. */
export interface ModelCase {
  readonly drafts: readonly ModelDraft[];
  /** How often each writer may crash. */
  readonly crashes: number;
  /** Objects of old attempts that exist from the start, by name; old enough for the garbage collector. */
  readonly old?: Readonly<Record<string, string>>;
  readonly collector?: boolean;
  /** A faulty protocol, to test that the model finds the fault. */
  readonly wrong?: 'reuses old objects' | 'commits without put-if-absent' | 'retires before its commit';
}

interface Commit {
  readonly segment: string;
  readonly name: string;
  readonly range: readonly [number, number];
  readonly content: string;
  /** Names that are removed from the table. */
  readonly removes: readonly string[];
}

interface Prepared {
  readonly name: string;
  readonly segment: string;
  readonly replaces: readonly string[];
}

interface Writer {
  readonly step: 'fold' | 'upload' | 'put' | 'look' | 'delete' | 'done';
  readonly crashes: number;
  readonly result?: 'committed' | 'unchanged' | 'refused';
  /** Commits in the last replayed state. */
  readonly seen: number;
  readonly replaces: readonly string[];
  readonly candidate: number;
  readonly prepared?: Prepared;
  readonly retire: readonly string[];
}

interface State {
  readonly log: readonly Commit[];
  /** Content by name; the content of old objects has the prefix `old:`. */
  readonly objects: Readonly<Record<string, string>>;
  /** The record of each segment. */
  readonly records: Readonly<Record<string, Prepared>>;
  readonly writers: readonly Writer[];
  /** An unreferenced name that the garbage collector is about to delete. */
  readonly doomed?: string;
}

/** Result of an exploration. */
export interface Explored {
  readonly states: number;
  /** The first violated invariant, with the state that violates it. */
  readonly broken?: string;
  /** All possible outcomes: the writers' results and the live contents. */
  readonly ends: ReadonlySet<string>;
}

const START: Writer = { step: 'fold', crashes: 0, seen: 0, replaces: [], candidate: 0, retire: [] };

/** Visits every state that any interleaving of steps and crashes can reach. */
export function explore(model: ModelCase): Explored {
  const old = Object.entries(model.old ?? {}).map(([name, content]) => [name, `old:${content}`]);
  const first: State = {
    log: [],
    objects: Object.fromEntries(old) as Record<string, string>,
    records: {},
    writers: model.drafts.map(() => START),
  };
  const seen = new Set([JSON.stringify(first)]);
  const ends = new Set<string>();
  const queue: State[] = [first];
  for (let state = queue.pop(); state !== undefined; state = queue.pop()) {
    const broken = brokenInvariant(state, model);
    if (broken !== undefined)
      return { states: seen.size, broken: `${broken}: ${JSON.stringify(state)}`, ends };
    if (state.writers.every(({ step }) => step === 'done'))
      ends.add(
        JSON.stringify([
          state.writers.map(({ result }) => result),
          [...fold(state.log).live.values()].map(({ content }) => content),
        ]),
      );
    for (const next of successors(state, model)) {
      const text = JSON.stringify(next);
      if (seen.has(text)) continue;
      seen.add(text);
      queue.push(next);
    }
  }
  return { states: seen.size, ends };
}

function* successors(state: State, model: ModelCase): Generator<State> {
  for (const [index, writer] of state.writers.entries()) {
    if (writer.step === 'done') continue;
    const draft = model.drafts[index] as ModelDraft;
    yield advance(state, index, writer, draft, model);
    if (writer.crashes < model.crashes)
      yield withWriter(state, index, { ...START, crashes: writer.crashes + 1 });
  }
  if (model.collector !== true) return;
  const { live } = fold(state.log);
  if (state.doomed !== undefined) {
    const { doomed, ...rest } = state;
    yield { ...rest, objects: without(state.objects, doomed) };
    return;
  }
  // The garbage collector replays the log and checks the object's age, then deletes: two steps.
  for (const [name, content] of Object.entries(state.objects))
    if (content.startsWith('old:') && !live.has(name)) yield { ...state, doomed: name };
}

function advance(state: State, index: number, writer: Writer, draft: ModelDraft, model: ModelCase): State {
  const to = (change: Partial<Writer>, more: Partial<State> = {}): State =>
    withWriter({ ...state, ...more }, index, { ...writer, ...change });
  const seen =
    model.wrong === 'commits without put-if-absent' && writer.step === 'put' ? state.log.length : writer.seen;
  const { live, removed } = fold(state.log.slice(0, writer.step === 'fold' ? undefined : seen));
  const segments = [...live.values()];
  switch (writer.step) {
    case 'fold': {
      const overlapping = segments.filter(
        ({ range }) => range[0] <= draft.range[1] && draft.range[0] <= range[1],
      );
      const [only] = overlapping;
      if (only !== undefined && overlapping.length === 1 && same(only, draft)) {
        const names = state.records[only.segment]?.replaces.map((id) => state.records[id]?.name ?? '') ?? [];
        return to({ step: 'look', result: 'unchanged', retire: names.filter((name) => removed.has(name)) });
      }
      const inside = (range: readonly [number, number]): boolean =>
        range[0] >= draft.range[0] && range[1] <= draft.range[1];
      if (overlapping.some(({ range }) => draft.mode !== 'replace' || !inside(range)))
        return to({ step: 'done', result: 'refused' });
      const replaces = overlapping.map(({ segment }) => segment);
      const { prepared } = writer;
      const present =
        prepared?.replaces.join() === replaces.join() &&
        mayAdd(live, removed, prepared.name, draft, replaces);
      return to({ step: present ? 'put' : 'upload', seen: state.log.length, replaces, candidate: 0 });
    }
    case 'upload': {
      const { replaces, candidate } = writer;
      const suffix =
        ['', `-${draft.content}-${replaces.join()}`][candidate] ??
        `-${draft.content}-${replaces.join()}-${candidate}`;
      const name = `${draft.range.join('-')}${suffix}`;
      const there = state.objects[name];
      const usable =
        there === undefined ||
        there === draft.content ||
        (there === `old:${draft.content}` && (live.has(name) || model.wrong === 'reuses old objects'));
      if (!usable || !mayAdd(live, removed, name, draft, replaces)) return to({ candidate: candidate + 1 });
      const segment = `${name}/${draft.content}/${replaces.join()}`;
      const prepared = { name, segment, replaces };
      return to(
        {
          step: model.wrong === 'retires before its commit' ? 'look' : 'fold',
          prepared,
          retire: replaces.map((id) => state.records[id]?.name ?? ''),
        },
        {
          objects: { ...state.objects, [name]: there ?? draft.content },
          records: { ...state.records, [segment]: prepared },
        },
      );
    }
    case 'put': {
      if (state.log.length !== seen) return to({ step: 'fold' });
      const { name, segment, replaces } = writer.prepared as Prepared;
      const removes = segments
        .filter((entry) => replaces.includes(entry.segment) && entry.name !== name)
        .map((entry) => entry.name);
      const commit = { segment, name, range: draft.range, content: draft.content, removes };
      return to({ step: 'look', result: 'committed', retire: removes }, { log: [...state.log, commit] });
    }
    case 'look': {
      const [next] = writer.retire;
      if (next === undefined)
        return to({
          step: model.wrong === 'retires before its commit' && writer.result === undefined ? 'fold' : 'done',
        });
      const now = fold(state.log);
      const gone =
        model.wrong === 'retires before its commit' || (now.removed.has(next) && !now.live.has(next));
      return gone ? to({ step: 'delete' }) : to({ retire: writer.retire.slice(1) });
    }
    case 'delete':
      return to(
        { step: 'look', retire: writer.retire.slice(1) },
        { objects: without(state.objects, writer.retire[0] ?? '') },
      );
    case 'done':
      return state;
  }
}

function brokenInvariant({ log, objects, writers }: State, { drafts }: ModelCase): string | undefined {
  const { live } = fold(log);
  const owner = new Map<number, string>();
  for (const { range, segment, name, content } of live.values()) {
    if ((objects[name] ?? '').replace('old:', '') !== content)
      return `the live file ${name} is not on storage`;
    for (let ledger = range[0]; ledger <= range[1]; ledger++) {
      if (owner.has(ledger)) return `ledger ${ledger} is in two segments`;
      owner.set(ledger, segment);
    }
  }
  const contents = new Set(drafts.map(({ content }) => content));
  for (const [index, { result }] of writers.entries()) {
    const draft = drafts[index] as ModelDraft;
    if (result !== 'committed' && result !== 'unchanged') continue;
    for (let ledger = draft.range[0]; ledger <= draft.range[1]; ledger++) {
      const segment = owner.get(ledger);
      if (segment === undefined) return `ledger ${ledger} was committed and is missing`;
      if (![...contents].some((content) => segment.includes(`/${content}/`)))
        return `ledger ${ledger} has foreign content`;
    }
  }
  return undefined;
}

function fold(log: readonly Commit[]): { live: Map<string, Commit>; removed: Set<string> } {
  const live = new Map<string, Commit>();
  const removed = new Set<string>();
  for (const commit of log) {
    // A segment with the same bytes as the one it replaces keeps its file.
    for (const name of commit.removes) {
      live.delete(name);
      removed.add(name);
    }
    live.set(commit.name, commit);
    removed.delete(commit.name);
  }
  return { live, removed };
}

function mayAdd(
  live: ReadonlyMap<string, Commit>,
  removed: ReadonlySet<string>,
  name: string,
  draft: ModelDraft,
  replaces: readonly string[],
): boolean {
  if (removed.has(name)) return false;
  const there = live.get(name);
  return there === undefined || (there.content === draft.content && replaces.includes(there.segment));
}

function same({ range, content }: Commit, draft: ModelDraft): boolean {
  return range.join() === draft.range.join() && content === draft.content;
}

function withWriter(state: State, index: number, writer: Writer): State {
  return { ...state, writers: state.writers.map((old, at) => (at === index ? writer : old)) };
}

function without(objects: State['objects'], name: string): State['objects'] {
  return Object.fromEntries(Object.entries(objects).filter(([key]) => key !== name));
}

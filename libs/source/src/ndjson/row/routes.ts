import * as schema from '@parquetry/schema';
import { type Field, KeyTable, type Tape } from '@parquetry/schema';
import { refuse, type RowContext } from './context';
import { unknownKey } from './value';

// Local copies: in CommonJS each use of a re-exported name is a call.
const { NODE, NULL, OBJECT } = schema;

/** The target of a key: a column, or for a flattened object the columns of its members. */
interface Route {
  /** -1: no column takes the value unchanged; -2: the value is left out. */
  column: number;
  members: Level | undefined;
}

const LEFT_OUT = -2;

/** The keys of one object level. */
interface Level {
  readonly keys: KeyTable;
  readonly routes: Route[];
  /** Path of the objects, joined by dots; undefined for the message itself, because a key may be empty. */
  readonly path: string | undefined;
}

/**
 * Finds the column of each value of a message from the message's structure alone: messages with the same keys, nesting
 * and nulls have the same assignment.
 */
export class Router {
  private readonly root: Level = level(undefined);
  private readonly taken: Int32Array;
  private message = 0;
  private pairs: number[] = [];

  constructor(fields: readonly Field[], leaveOut: readonly string[] = []) {
    fields.forEach((field, column) => {
      const keys = field.path ?? [field.key ?? field.name];
      let at = this.root;
      keys.slice(0, -1).forEach((key) => {
        const route = routeAt(at, key);
        at = route.members ??= level(at.path === undefined ? key : `${at.path}.${key}`);
      });
      routeAt(at, keys.at(-1) as string).column = column;
    });
    for (const key of leaveOut) routeAt(this.root, key).column = LEFT_OUT;
    this.taken = new Int32Array(this.root.routes.length);
  }

  /** Whether objects for this column are flattened into the columns of their members. */
  takesApart(field: Field): boolean {
    let at: Level | undefined = this.root;
    let route: Route | undefined;
    for (const key of field.path ?? [field.key ?? field.name]) {
      route = at?.routes[at.keys.indexOf(key)];
      at = route?.members;
    }
    return at !== undefined;
  }

  /**
   * The columns and nodes of a message's non-null values, as pairs; undefined, with `context.fault`, if a key with a value
   * has no column (a null needs none). Values of `inner` (-1: none) take precedence over the envelope's, unless they are
   * null.
   */
  assign(context: RowContext, tape: Tape, inner: number): Int32Array | undefined {
    this.message += 1;
    this.pairs = [];
    if (inner >= 0 && !this.object(context, tape, inner, -1)) return undefined;
    return this.object(context, tape, 0, inner) ? Int32Array.from(this.pairs) : undefined;
  }

  private object(context: RowContext, tape: Tape, object: number, unwrapped: number): boolean {
    const { keys, routes } = this.root;
    const end = tape.next(object);
    for (let key = object + NODE; key < end; key = tape.next(key + NODE)) {
      const value = key + NODE;
      if (value === unwrapped || tape.kind(value) === NULL) continue;
      const index = keys.find(tape, key);
      if (index < 0) return unknownKey(context, tape, key, undefined);
      if (this.taken[index] === this.message) continue;
      const route = routes[index] as Route;
      if (route.column === LEFT_OUT) continue;
      this.taken[index] = this.message;
      if (!this.value(context, tape, key, route)) return false;
    }
    return true;
  }

  private value(context: RowContext, tape: Tape, key: number, route: Route): boolean {
    const node = key + NODE;
    const { members } = route;
    if (members !== undefined && tape.kind(node) === OBJECT)
      return this.members(context, tape, node, members);
    if (route.column >= 0) {
      this.pairs.push(route.column, node);
      return true;
    }
    const name = members?.path ?? tape.string(key).slice(0, 100);
    const kind = tape.kindName(node);
    return refuse(context, 'TYPE_MISMATCH', name, `${name} takes an object, not a ${kind}.`, 'object', kind);
  }

  private members(context: RowContext, tape: Tape, object: number, { keys, routes, path }: Level): boolean {
    const end = tape.next(object);
    for (let key = object + NODE; key < end; key = tape.next(key + NODE)) {
      if (tape.kind(key + NODE) === NULL) continue;
      const index = keys.find(tape, key);
      if (index < 0) return unknownKey(context, tape, key, path);
      if (!this.value(context, tape, key, routes[index] as Route)) return false;
    }
    return true;
  }
}

function level(path: string | undefined): Level {
  return { keys: new KeyTable(), routes: [], path };
}

function routeAt({ keys, routes }: Level, key: string): Route {
  const index = keys.add(key);
  return (routes[index] ??= { column: -1, members: undefined });
}

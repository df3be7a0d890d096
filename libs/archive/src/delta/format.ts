import type { Action } from './actions';
import { encodePath } from './paths';

/** The text of a commit, one action per line; `parseCommit` reads it. */
export function formatCommit(actions: readonly Action[]): string {
  return actions.map((action) => `${JSON.stringify(encoded(action))}\n`).join('');
}

/** An action as the log stores it, with a percent-encoded path. */
export function encoded(action: Action): Action {
  if ('add' in action) return { add: { ...action.add, path: encodePath(action.add.path) } };
  if ('remove' in action) return { remove: { ...action.remove, path: encodePath(action.remove.path) } };
  return action;
}

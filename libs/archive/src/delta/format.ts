import type { Action } from './actions';
import { encodePath } from './paths';

/** A commit's text: one action a line. The result is what `parseCommit` reads. */
export function formatCommit(actions: readonly Action[]): string {
  return actions.map((action) => `${JSON.stringify(encoded(action))}\n`).join('');
}

/** An action as the log holds it: its path percent-encoded. */
export function encoded(action: Action): Action {
  if ('add' in action) return { add: { ...action.add, path: encodePath(action.add.path) } };
  if ('remove' in action) return { remove: { ...action.remove, path: encodePath(action.remove.path) } };
  return action;
}

import type { ParkNote } from './contract/notes';

let listener: ((note: ParkNote) => void) | undefined;

/** Set by the interceptors of the workflow bundle, once per workflow. */
export function onParked(listen: (note: ParkNote) => void): void {
  listener = listen;
}

/** Tells the worker that this workflow waits for a person. Not a command: nothing of it is in the history. */
export function noteParked(note: ParkNote): void {
  listener?.(note);
}

import type { Random } from './random';

/**
 * Something that reads hostile input. A case is determined by the target's name, the seed and the case's index, so each
 * one can be run again alone.
 */
export interface Target {
  readonly name: string;
  /** Cases in a run of CI. */
  readonly ci: number;
  /** `dir` is an empty folder of the target's own. */
  open(dir: string): Promise<OpenTarget>;
}

/** A target with its valid inputs. */
export interface OpenTarget {
  /**
   * Runs one case. Returns nothing when the input was accepted and the result was right, or the code with which it was
   * refused without an error. A ParquetryError with a code other than INTERNAL is a refusal too.
   * @throws Violation when the result is wrong; every other error is a fault of the code under test
   */
  run(random: Random): Promise<Outcome> | Outcome;
  close?(): Promise<void>;
}

/** See `OpenTarget.run`. */

type Outcome = string | void;

/** A result that the target's oracle does not allow. */
export class Violation extends Error {}

/** @throws Violation unless the condition holds */
export function demand(holds: boolean, why: () => string): asserts holds {
  if (!holds) throw new Violation(why());
}

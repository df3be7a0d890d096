/** Samples that are kept: enough for a steady estimate, few enough for every answer to the `progress` query. */
const KEPT = 64;

/** A finished task: milliseconds from its start to its report, and its amount of work. */
export type PaceSample = readonly [ms: number, amount: number];

/** State of a `Pace` that survives a continue-as-new. */
export interface PaceCarry {
  readonly samples: readonly PaceSample[];
  /** Tasks in flight and their starts, milliseconds since 1970. */
  readonly since: readonly (readonly [key: string, ms: number])[];
}

/** Measures how long the tasks of a run take, in the workflow's time. */
export class Pace {
  readonly samples: PaceSample[];
  private readonly since: Map<string, number>;

  constructor(carry?: PaceCarry) {
    this.samples = [...(carry?.samples ?? [])];
    this.since = new Map(carry?.since);
  }

  /** A task starts now. */
  start(key: string): void {
    this.since.set(key, Date.now());
  }

  /** A task is done. One that waited for a person in between has no start, and is no sample. */
  done(key: string, amount: number): void {
    const since = this.since.get(key);
    if (since === undefined) return;
    this.since.delete(key);
    this.samples.push([Date.now() - since, amount]);
    if (this.samples.length > KEPT) this.samples.shift();
  }

  /** A task ended in another way. */
  drop(key: string): void {
    this.since.delete(key);
  }

  carry(): PaceCarry {
    return { samples: this.samples, since: [...this.since] };
  }
}

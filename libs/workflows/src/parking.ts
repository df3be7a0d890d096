/** What a person wants of a parked partition. */
type Wanted = 'retry' | 'skip';

/**
 * The signals to a partition. They count only while it is parked, the last one of them: a reset reapplies old signals at
 * the start.
 */
export class Parking {
  private parked = false;
  private last: Wanted | undefined;

  /** The wish of this stay; undefined until there is one. */
  get wanted(): Wanted | undefined {
    return this.last;
  }

  /** A signal. */
  ask(wanted: Wanted): void {
    if (this.parked) this.last = wanted;
  }

  /** The partition parks. */
  park(): void {
    this.parked = true;
    this.last = undefined;
  }

  /** The partition continues. */
  leave(): void {
    this.parked = false;
  }
}

/** The time over which a rate is measured. */
const WINDOW_MS = 30_000;
const STEP_MS = 1_000;

/** The rate of a growing count, over the last half minute that this command saw. */
export class Rate {
  private readonly seen: (readonly [ms: number, count: number])[] = [];

  /** Counts per second; undefined while there is none. */
  read(count: number, now = Date.now()): number | undefined {
    const last = this.seen.at(-1);
    if (last === undefined || now - last[0] >= STEP_MS) this.seen.push([now, count]);
    while (this.seen.length > 2 && now - (this.seen[1]?.[0] ?? now) >= WINDOW_MS) this.seen.shift();
    const [first] = this.seen;
    if (first === undefined || now - first[0] < STEP_MS || count <= first[1]) return undefined;
    return ((count - first[1]) * 1000) / (now - first[0]);
  }
}

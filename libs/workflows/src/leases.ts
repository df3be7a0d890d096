import type { Lease, LeaseRequest, LimiterState } from './contract/lease';

/** Who processes partitions of an archive, and who waits. Each workflow has one lease or request at most. */
export class Leases {
  private limit: number;
  private readonly held: Map<string, Lease>;
  private waiting: LimiterState['waiting'];

  constructor({ limit, held, waiting }: LimiterState = { limit: 0, held: [], waiting: [] }) {
    this.limit = limit;
    this.held = new Map(held.map((lease) => [lease.holder, lease]));
    this.waiting = waiting;
  }

  /** Counts a request. A workflow that already has a lease, and so lost the answer or was started again, keeps it. */
  request({ holder, token, limit }: LeaseRequest): void {
    this.limit = limit;
    if (this.waiting.some((each) => each.token === token)) return;
    const others = this.waiting.filter((each) => each.holder !== holder);
    const had = this.held.delete(holder);
    this.waiting = had ? [{ holder, token }, ...others] : [...others, { holder, token }];
  }

  /** Ends the lease or the request of a token. */
  release(token: string): void {
    this.waiting = this.waiting.filter((each) => each.token !== token);
    for (const [holder, lease] of this.held) if (lease.token === token) this.held.delete(holder);
  }

  /** Whether `grant` has a lease to grant. */
  get ready(): boolean {
    return this.waiting.length > 0 && this.held.size < this.limit;
  }

  /** No workflow has a lease or waits. */
  get idle(): boolean {
    return this.waiting.length === 0 && this.held.size === 0;
  }

  /** Grants leases in the order of the requests, up to the limit. Returns the new ones. */
  grant(now: number): Lease[] {
    const granted: Lease[] = [];
    while (this.ready) {
      const [next, ...others] = this.waiting;
      if (next === undefined) break;
      this.waiting = others;
      const lease = { ...next, since: now };
      this.held.set(lease.holder, lease);
      granted.push(lease);
    }
    return granted;
  }

  /** Leases granted at `time` or before. */
  heldSince(time: number): Lease[] {
    return [...this.held.values()].filter(({ since }) => since <= time);
  }

  state(): LimiterState {
    return { limit: this.limit, held: [...this.held.values()], waiting: this.waiting };
  }
}

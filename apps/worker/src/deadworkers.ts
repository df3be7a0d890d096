import { Workplace } from './workplace';

/** Dead workers are looked for as often as this, milliseconds: steps that wait in their queues wait no longer. */
const LOOK_MS = 10_000;
/**
 * A stage in which nothing changed for so long is nobody's, milliseconds: a step may take twelve hours, and one that
 * waits for a worker gives up after ten minutes.
 */
const STALE_MS = 24 * 3_600_000;
/** A stage in which nothing changed for so long is asked after, milliseconds: its workflow may be over. */
const IDLE_MS = 20_000;
/** An heir's queue without stages is served for so long yet, milliseconds: steps in it hear at once that theirs is lost. */
const EMPTY_MS = 15 * 60_000;

/** Begins to serve a workplace's queue; what it gives ends that. */
export type Serve = (place: Workplace) => Promise<() => Promise<void>>;

/** Whether a workflow is over, or gone. */
export type IsOver = (workflowId: string) => Promise<boolean>;

/** A workplace that was taken over and is served. */
interface Served {
  readonly place: Workplace;
  readonly letGo: () => Promise<void>;
  /** Since when it has no stages, Unix milliseconds. */
  emptySince: number | undefined;
}

/**
 * Takes over the workplaces of this machine's dead workers, now and as long as it runs: a worker that dies beside others
 * may never be started again, and one that died while it took over another left a claim that must grow old first. Stages
 * that no workflow names any more are removed, and a workplace that has none left is let go.
 */
export class DeadWorkers {
  /** Taken over, not served yet. */
  private readonly waiting: Workplace[] = [];
  private served: readonly Served[] = [];
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> = Promise.resolve();
  private stopped = false;

  /** What `serve` throws is tried again at the next look. `own` is this worker's workplace. */
  constructor(
    private readonly root: string,
    private readonly own: Workplace,
    private readonly serve: Serve,
    private readonly isOver: IsOver,
  ) {}

  /** Looks once, then again and again until `stop`. */
  async start(): Promise<void> {
    await this.look();
    this.timer = setInterval(() => {
      this.looking = this.looking.then(() => this.look());
    }, LOOK_MS);
  }

  /** Ends; a look under way is waited for. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.looking;
    // The run that this worker was started for may be over by now, and no other worker may come.
    const now = Date.now();
    await this.own
      .tidySpools({ stale: now - STALE_MS, idle: now + 1, isOver: this.isOver })
      .catch(() => undefined);
  }

  private async look(): Promise<void> {
    if (this.stopped) return;
    this.waiting.push(...(await Workplace.adopt(this.root).catch(() => [])));
    const now = Date.now();
    const rule = { stale: now - STALE_MS, idle: now - IDLE_MS, isOver: this.isOver };
    for (const place of [this.own, ...this.waiting, ...this.served.map((entry) => entry.place)])
      await place.tidy(rule).catch(() => undefined);
    await this.own.tidySpools(rule).catch(() => undefined);
    for (const place of this.waiting.splice(0))
      try {
        const letGo = await this.serve(place);
        this.served = [...this.served, { place, letGo, emptySince: undefined }];
      } catch {
        this.waiting.push(place);
      }
    for (const entry of this.served) await this.letGo(entry, now);
  }

  private async letGo(entry: Served, now: number): Promise<void> {
    const { place, letGo } = entry;
    const empty = await place.isEmpty().catch(() => false);
    entry.emptySince = empty ? (entry.emptySince ?? now) : undefined;
    if (entry.emptySince === undefined || now - entry.emptySince < EMPTY_MS) return;
    this.served = this.served.filter((other) => other !== entry);
    await letGo().catch(() => undefined);
  }
}

import { Workplace } from './workplace';

/** Dead workers are looked for as often as this, milliseconds: steps that wait in their queues wait no longer. */
const LOOK_MS = 10_000;

/**
 * Takes over the workplaces of this machine's dead workers, now and as long as it runs: a worker that dies beside others
 * may never be started again, and one that died while it took over another left a claim that must grow old first.
 */
export class Heirs {
  /** Taken over, not served yet. */
  private readonly waiting: Workplace[] = [];
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> = Promise.resolve();
  private stopped = false;

  /** `serve` begins to serve a workplace's queue; what it throws is tried again at the next look. */
  constructor(
    private readonly root: string,
    private readonly serve: (place: Workplace) => Promise<void>,
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
  }

  private async look(): Promise<void> {
    if (this.stopped) return;
    this.waiting.push(...(await Workplace.adopt(this.root).catch(() => [])));
    for (const place of this.waiting.splice(0))
      await this.serve(place).catch(() => {
        this.waiting.push(place);
      });
  }
}

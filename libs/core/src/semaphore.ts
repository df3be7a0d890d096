import { ParquetryError } from './errors';

/** Limits concurrency; waiters are served in FIFO order. */
export class Semaphore {
  private readonly waiting: (() => void)[] = [];
  private free: number;

  constructor(places: number) {
    this.free = places;
  }

  /** @throws ParquetryError CANCELLED when `signal` aborts while the call waits */
  async run<T>(signal: AbortSignal | undefined, use: () => Promise<T>): Promise<T> {
    await this.enter(signal);
    try {
      return await use();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.free += 1;
      else next();
    }
  }

  private async enter(signal: AbortSignal | undefined): Promise<void> {
    if (this.free > 0) {
      this.free -= 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const admit = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        const place = this.waiting.indexOf(admit);
        if (place >= 0) this.waiting.splice(place, 1);
        reject(new ParquetryError('CANCELLED', 'Cancelled while waiting for other work to end.'));
      };
      if (signal?.aborted === true) return leave();
      signal?.addEventListener('abort', leave, { once: true });
      this.waiting.push(admit);
    });
  }
}

import { codeOf } from '@parquetry/core';
import type { Observer } from '@parquetry/system';
import type { PastOperation } from '@parquetry/telemetry';

/** Operations in one message to the main thread. */
const BATCH = 500;

/** Records the operations of a pull thread, which has no exporter and no metrics of its own. */
export class Recorder {
  private operations: PastOperation[] = [];

  constructor(private readonly send: (operations: readonly PastOperation[]) => void) {}

  /** Sends what is left. */
  flush(): void {
    if (this.operations.length === 0) return;
    this.send(this.operations);
    this.operations = [];
  }

  readonly observer: Observer = ({ kind, name, facts }) => {
    const started = now();
    return ({ facts: more, error, waitedMs }) => {
      this.operations.push({
        name: `${kind} ${name}`,
        started,
        ended: waitedMs === undefined ? now() : started + waitedMs,
        facts: { ...facts, ...more },
        ...(error === undefined ? {} : { code: codeOf(error) }),
      });
      if (this.operations.length >= BATCH) this.flush();
    };
  };
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

import { codeOf } from '@parquetry/core';
import type { Observer } from '@parquetry/system';
import type { PastOperation } from '@parquetry/telemetry';

/** Most operations that a pull thread lists; a lake may have thousands of objects per partition. */
const MOST = 256;

/** Records the operations of a pull thread, which has no exporter of its own. */
export class Recorder {
  private operations: PastOperation[] = [];

  /** The operations since the last call. */
  take(): readonly PastOperation[] {
    const { operations } = this;
    this.operations = [];
    return operations;
  }

  readonly observer: Observer = ({ kind, name, facts }) => {
    const started = now();
    return ({ facts: more, error }) => {
      if (this.operations.length >= MOST) return;
      this.operations.push({
        name: `${kind} ${name}`,
        started,
        ended: now(),
        facts: { ...facts, ...more },
        ...(error === undefined ? {} : { code: codeOf(error) }),
      });
    };
  };
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

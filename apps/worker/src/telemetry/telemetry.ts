import type { Observer } from '@parquetry/system';
import type { PastOperation, Tracing } from '@parquetry/telemetry';
import type { Log } from './log';
import type { Meters } from './meters';

/** What a worker tells about itself; each part is absent when it is off. */
export interface Telemetry {
  /** The caller closes it. */
  readonly tracing?: Tracing;
  readonly meters?: Meters;
  readonly log?: Log;
}

/** The observer of operations; undefined without traces and metrics. */
export function operationsObserver({ tracing, meters }: Telemetry): Observer | undefined {
  if (tracing === undefined) return meters?.observer;
  if (meters === undefined) return tracing.observer;
  return (operation) => {
    const ends = [meters.observer(operation), tracing.observer(operation)];
    return (ending) => ends.forEach((end) => end(ending));
  };
}

/** Takes the operations of a pull thread, in the context of its step; undefined without traces and metrics. */
export function pastOperations({
  tracing,
  meters,
}: Telemetry): ((operations: readonly PastOperation[]) => void) | undefined {
  if (tracing === undefined && meters === undefined) return undefined;
  return (operations) => {
    meters?.past(operations);
    tracing?.past(operations);
  };
}

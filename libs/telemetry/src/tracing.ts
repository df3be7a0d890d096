import type { Tracing } from './spans';
import { tracesWanted } from './wanted';
import type { Warn } from './warnings';

/**
 * Opens the export of traces if the environment asks for it. OpenTelemetry's SDK is loaded only then.
 * @param version of this program
 * @param warn gets what fails while traces are exported
 * @throws ParquetryError CONFIG_INVALID
 */
export function openTracing(version: string, warn: Warn): Tracing | undefined {
  if (!tracesWanted()) return undefined;
  return (require('./exporter') as typeof import('./exporter')).startTracing(version, warn);
}

import type { Tracing } from './spans';
import { tracesWanted } from './wanted';

/**
 * Opens the export of traces if the environment asks for it. OpenTelemetry's SDK is loaded only then.
 * @param version of this program
 * @throws ParquetryError CONFIG_INVALID
 */
export function openTracing(version: string): Tracing | undefined {
  if (!tracesWanted()) return undefined;
  return (require('./exporter') as typeof import('./exporter')).startTracing(version);
}

import { metricMeter, workflowInfo } from '@temporalio/workflow';
import { METRICS } from './contract/metrics';
import type { TailProgress } from './contract/tail';

/**
 * Sets the lag of a tail behind its source in the metrics of the worker that runs it; in seconds only where close times
 * are known. Nothing is reported during a replay.
 */
export function gaugeLag({ lag }: TailProgress): void {
  if (lag === undefined) return;
  set('parquetry_tail_lag_ledgers', lag.ledgers);
  if (lag.seconds !== undefined) set('parquetry_tail_lag_seconds', lag.seconds);
  set('parquetry_tail_report_timestamp_seconds', Math.floor(Date.now() / 1000));
}

function set(name: keyof typeof METRICS, value: number): void {
  const { unit, doc } = METRICS[name];
  metricMeter.createGauge(name, 'int', unit, doc).set(value, { tail: workflowInfo().workflowId });
}

import { metricMeter, workflowInfo } from '@temporalio/workflow';
import type { TailProgress } from './contract/tail';

/**
 * Lag of a tail behind its source, in the metrics of the worker that runs it: `parquetry_tail_lag_ledgers` and, where
 * close times are known, `parquetry_tail_lag_seconds`. Nothing is reported during a replay.
 */
export function gaugeLag({ lag }: TailProgress): void {
  if (lag === undefined) return;
  const tags = { tail: workflowInfo().workflowId };
  metricMeter
    .createGauge(
      'parquetry_tail_lag_ledgers',
      'int',
      '{ledgers}',
      'Ledgers that the source has and the archive lacks',
    )
    .set(lag.ledgers, tags);
  if (lag.seconds !== undefined)
    metricMeter
      .createGauge(
        'parquetry_tail_lag_seconds',
        'int',
        's',
        'Close time of the source less that of the archive',
      )
      .set(lag.seconds, tags);
}

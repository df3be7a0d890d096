import { codeOf } from '@parquetry/core';
import type { Observer } from '@parquetry/system';
import type { PastOperation } from '@parquetry/telemetry';
import { METRICS, type Metric } from '@parquetry/workflows';
import type { MetricCounter, MetricGauge, MetricHistogram, MetricMeter } from '@temporalio/common';

type Labels = Readonly<Record<string, string>>;
type Instrument = MetricCounter | MetricGauge | MetricHistogram;

/** The metrics of a worker, recorded by Temporal's SDK, which serves them. */
export class Meters {
  private readonly made = new Map<string, Instrument>();

  constructor(private readonly meter: MetricMeter) {}

  /** Adds to a counter, sets a gauge, or records a value of a histogram. */
  record(name: keyof typeof METRICS, value: number, labels: Labels = {}): void {
    const instrument = this.instrument(name);
    if (instrument.kind === 'counter') instrument.add(value, labels);
    else if (instrument.kind === 'gauge') instrument.set(value, labels);
    else instrument.record(value, labels);
  }

  /** Records operations of this thread. */
  readonly observer: Observer = ({ kind, name, facts }) => {
    const started = performance.now();
    return ({ facts: more, error, waitedMs }) =>
      this.operation(kind, name, {
        seconds: (waitedMs ?? performance.now() - started) / 1000,
        facts: { ...facts, ...more },
        ...(error === undefined ? {} : { code: codeOf(error) }),
      });
  };

  /** Records operations of another thread. */
  past(operations: readonly PastOperation[]): void {
    for (const { name, started, ended, ...rest } of operations) {
      const [kind = '', ...words] = name.split(' ');
      this.operation(kind, words.join(' '), { seconds: (ended - started) / 1000, ...rest });
    }
  }

  private operation(
    kind: string,
    name: string,
    { seconds, facts, code }: Pick<PastOperation, 'facts' | 'code'> & { readonly seconds: number },
  ): void {
    if (kind === 'duckdb') return this.record('parquetry_duckdb_seconds', seconds, { statement: name });
    const outcome = code ?? String(facts['outcome'] ?? 'ok');
    if (kind === 'source') {
      this.record('parquetry_source_requests', 1, { operation: name, outcome });
      return this.record('parquetry_source_seconds', seconds, { operation: name });
    }
    if (kind !== 'storage') return;
    const store = String(facts['store'] ?? '');
    this.record('parquetry_storage_requests', 1, { operation: name, store, outcome });
    this.record('parquetry_storage_seconds', seconds, { operation: name, store });
  }

  private instrument(name: keyof typeof METRICS): Instrument {
    const known = this.made.get(name);
    if (known !== undefined) return known;
    const { kind, unit, doc }: Metric = METRICS[name];
    const made =
      kind === 'counter'
        ? this.meter.createCounter(name, unit, doc)
        : kind === 'gauge'
          ? this.meter.createGauge(name, 'int', unit, doc)
          : this.meter.createHistogram(name, 'float', unit, doc);
    this.made.set(name, made);
    return made;
  }
}

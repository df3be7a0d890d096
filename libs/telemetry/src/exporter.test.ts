import { randomUUID } from 'node:crypto';
import { InMemorySpanExporter, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import { startTracing } from './exporter';
import { traceOf } from './ids';
import type { Tracing } from './spans';

const RUN = '0198f2aa-1111-7abc-8def-000000000001';
const ENDED = { facts: {} };

/** Keeps what was exported when the provider shuts down. */
class Kept extends InMemorySpanExporter {
  override shutdown(): Promise<void> {
    return Promise.resolve();
  }
}

describe('exported traces', () => {
  const before = { ...process.env };
  afterEach(() => void (process.env = { ...before }));

  /** Runs `use` with traces, and returns the spans that were exported. */
  async function sent(
    use: (tracing: Tracing) => Promise<void>,
    env: Record<string, string> = {},
  ): Promise<ReadableSpan[]> {
    Object.assign(process.env, env);
    const exporter = new Kept();
    const tracing = startTracing(
      '1.2.3',
      () => undefined,
      () => exporter,
    );
    await use(tracing);
    await tracing.close();
    return exporter.getFinishedSpans();
  }
  const step = (tracing: Tracing, runId: string, operations = 0): Promise<void> =>
    tracing.step(
      {
        workflowId: 'run/p/1',
        runId,
        name: 'pull',
        facts: { archive: 's3://user:secret@bucket/a?key=secret' },
      },
      async () => {
        for (let count = 0; count < operations; count++)
          tracing.observer({ kind: 'storage', name: 'get', facts: { key: `${count}` } })({});
      },
      () => ENDED,
    );
  const execution = { workflowId: 'run/p/1', name: 'partition', started: 1, ended: 2, facts: {}, links: [] };

  it('do not keep a process from ending when the collector does not answer', async () => {
    const answers: (() => void)[] = [];
    const silent: SpanExporter = {
      export: (_, done) => void answers.push(() => done({ code: 0 })),
      shutdown: () => Promise.resolve(),
    };
    const warnings: string[] = [];
    const tracing = startTracing(
      '1.2.3',
      (text) => warnings.push(text),
      () => silent,
    );
    await step(tracing, RUN);
    const asked = performance.now();
    await tracing.close();
    expect(performance.now() - asked).toBeLessThan(15_000);
    expect(answers).toHaveLength(1);
    expect(warnings).toEqual(['Traces: the last spans were not received in 3 s']);
    answers[0]?.();
  }, 60_000);

  it('of a step and of its execution share the ids that the run id gives', async () => {
    const spans = await sent(async (tracing) => {
      await step(tracing, RUN, 1);
      tracing.execution({ ...execution, runId: RUN });
    });
    const ids = traceOf(RUN);
    expect(ids.traceId).toBe(RUN.replaceAll('-', ''));
    expect(spans.map(({ name }) => name)).toEqual(['storage get', 'pull', 'partition']);
    const [operation, attempt, whole] = spans;
    expect(whole?.spanContext()).toMatchObject(ids);
    expect(attempt?.parentSpanContext).toMatchObject(ids);
    expect(operation?.parentSpanContext).toMatchObject({
      traceId: ids.traceId,
      spanId: attempt?.spanContext().spanId,
    });
    expect(whole?.resource.attributes).toMatchObject({
      'service.name': 'parquetry',
      'service.version': '1.2.3',
      'process.pid': process.pid,
    });
  });

  it('have no user, password or query of an address', async () => {
    const [span] = await sent((tracing) => step(tracing, RUN));
    expect(span?.attributes['parquetry.archive']).toBe('s3://***@bucket/a?***');
  });

  it('of a step list 256 operations and count the others', async () => {
    const spans = await sent((tracing) => step(tracing, RUN, 300));
    expect(spans.filter(({ name }) => name === 'storage get')).toHaveLength(256);
    expect(spans.at(-1)?.attributes).toMatchObject({ 'parquetry.operations_dropped': 44 });
  });

  it('are sampled as a whole: the steps of an execution and its root have one decision', async () => {
    const runs = Array.from({ length: 200 }, () => randomUUID());
    const spans = await sent(
      async (tracing) => {
        for (const runId of runs) {
          await step(tracing, runId);
          tracing.execution({ ...execution, runId });
        }
      },
      { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.5' },
    );
    const traces = new Map<string, string[]>();
    for (const span of spans) {
      const { traceId } = span.spanContext();
      traces.set(traceId, [...(traces.get(traceId) ?? []), span.name]);
    }
    expect(traces.size).toBeGreaterThan(50);
    expect(traces.size).toBeLessThan(150);
    expect(new Set([...traces.values()].map((names) => names.join()))).toEqual(new Set(['pull,partition']));
  });
});

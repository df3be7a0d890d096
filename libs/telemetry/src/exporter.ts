import { setTimeout as sleep } from 'node:timers/promises';
import {
  ROOT_CONTEXT,
  type Attributes,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  context,
  createContextKey,
  diag,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  type IdGenerator,
  RandomIdGenerator,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base';
import { codeOf, hideSecrets, masked } from '@parquetry/core';
import { type Facts, type Observer, self } from '@parquetry/system';
import { type TraceIds, traceOf } from './ids';
import type { ExecutionSpan, Tracing } from './spans';
import { tracesProtocol } from './wanted';
import { type Warn, passWarnings } from './warnings';

/** Most operations of one step that are spans; the step's attributes count the others. */
const MAX_OPERATIONS = 256;

/** How long the last spans may take to reach the collector when a process ends, milliseconds. */
const CLOSE_MS = 3_000;

/** What is left of a step's allowance. */
interface Allowance {
  spans: number;
  dropped: number;
}

/** The environment of a process does not change. */
const hide = hideSecrets(process.env);

const ALLOWANCE = createContextKey('parquetry operations of a step');

/** Random ids, except where the next span has its own. */
class Ids implements IdGenerator {
  next: TraceIds | undefined;
  private readonly random = new RandomIdGenerator();
  generateTraceId(): string {
    return this.next?.traceId ?? this.random.generateTraceId();
  }
  generateSpanId(): string {
    return this.next?.spanId ?? this.random.generateSpanId();
  }
}

/**
 * Starts the export of traces with the endpoint, headers, sampler and limits of OpenTelemetry's variables. Failed exports
 * fail nothing else; `warn` gets them.
 */
export function startTracing(version: string, warn: Warn, open: () => SpanExporter = openExporter): Tracing {
  const warnings = passWarnings(warn);
  const exporter = open();
  const ids = new Ids();
  const { pid, host } = self();
  const provider = new BasicTracerProvider({
    idGenerator: ids,
    resource: resourceFromAttributes({
      'service.name': 'parquetry',
      'service.version': version,
      'service.instance.id': `${pid}@${host}`,
      'process.pid': pid,
      'host.name': host,
    }).merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const tracer = provider.getTracer('parquetry', version);

  /** Starts the root span of an execution. Every process that starts it gets the same ids and the same sampling. */
  const root = (runId: string, name: string, options: object = {}): Span => {
    ids.next = traceOf(runId);
    try {
      return tracer.startSpan(name, { root: true, ...options }, ROOT_CONTEXT);
    } finally {
      ids.next = undefined;
    }
  };
  const inside = (runId: string): ReturnType<typeof trace.setSpan> =>
    trace.setSpanContext(ROOT_CONTEXT, { ...root(runId, 'execution').spanContext(), isRemote: true });

  const observer: Observer = (operation) => {
    const active = context.active();
    const allowance = active.getValue(ALLOWANCE) as Allowance | undefined;
    if (allowance === undefined || !take(allowance)) return () => undefined;
    const name = `${operation.kind} ${operation.name}`;
    const startTime = now();
    const span = tracer.startSpan(name, { ...spanOptions(operation.facts), startTime }, active);
    return ({ facts = {}, error, waitedMs }) => {
      span.setAttributes(attributes(facts));
      if (error !== undefined) fail(span, codeOf(error));
      span.end(waitedMs === undefined ? now() : startTime + waitedMs);
    };
  };

  return {
    observer,
    async step({ runId, workflowId, name, facts }, work, end) {
      const execution = { 'temporal.workflow_id': workflowId, 'temporal.run_id': runId };
      const options = { kind: SpanKind.CONSUMER, attributes: { ...execution, ...attributes(facts) } };
      const span = tracer.startSpan(name, options, inside(runId));
      const allowance: Allowance = { spans: MAX_OPERATIONS, dropped: 0 };
      const active = trace.setSpan(ROOT_CONTEXT, span).setValue(ALLOWANCE, allowance);
      const finish = ({ facts: more, code }: ReturnType<typeof end>): void => {
        span.setAttributes(attributes(more));
        if (allowance.dropped > 0) span.setAttribute('parquetry.operations_dropped', allowance.dropped);
        if (code !== undefined) fail(span, code);
        span.end();
      };
      try {
        const result = await context.with(active, work);
        finish(end({ result }));
        return result;
      } catch (error) {
        finish(end({ error }));
        throw error;
      }
    },
    execution(execution) {
      const span = root(execution.runId, execution.name, executionOptions(execution));
      if (execution.code !== undefined) fail(span, execution.code);
      span.end(execution.ended);
    },
    moment({ runId, workflowId, name, facts }, code) {
      const execution = { 'temporal.workflow_id': workflowId, 'temporal.run_id': runId };
      const span = tracer.startSpan(
        name,
        { attributes: { ...execution, ...attributes(facts) } },
        inside(runId),
      );
      if (code !== undefined) fail(span, code);
      span.end();
    },
    async request(name, facts, send, runId) {
      const startTime = now();
      const options = { startTime, kind: SpanKind.CLIENT, attributes: attributes(facts) };
      try {
        const result = await send();
        const started = runId(result);
        tracer.startSpan(name, options, started === undefined ? ROOT_CONTEXT : inside(started)).end();
        return result;
      } catch (error) {
        const span = tracer.startSpan(name, options, ROOT_CONTEXT);
        fail(span, codeOf(error));
        span.end();
        throw error;
      }
    },
    past(operations) {
      const active = context.active();
      const allowance = active.getValue(ALLOWANCE) as Allowance | undefined;
      for (const { name, started, ended, facts, code } of operations) {
        if (allowance === undefined || !take(allowance)) continue;
        const span = tracer.startSpan(name, { ...spanOptions(facts), startTime: started }, active);
        if (code !== undefined) fail(span, code);
        span.end(ended);
      }
    },
    traceId: () => trace.getSpanContext(context.active())?.traceId,
    // A collector that does not answer must not keep a process from ending.
    async close() {
      const limit = new AbortController();
      try {
        const shutdown = provider.shutdown().catch((error: unknown) => diag.error(String(error)));
        const late = await Promise.race([
          shutdown,
          sleep(CLOSE_MS, 'late' as const, { signal: limit.signal }),
        ]);
        warnings.end(
          late === 'late' ? `the last spans were not received in ${CLOSE_MS / 1000} s` : undefined,
        );
      } finally {
        limit.abort();
      }
    },
  };
}

function openExporter(): SpanExporter {
  const { OTLPTraceExporter } =
    tracesProtocol() === 'http/json'
      ? (require('@opentelemetry/exporter-trace-otlp-http') as typeof import('@opentelemetry/exporter-trace-otlp-http'))
      : (require('@opentelemetry/exporter-trace-otlp-proto') as typeof import('@opentelemetry/exporter-trace-otlp-proto'));
  return new OTLPTraceExporter();
}

function take(allowance: Allowance): boolean {
  if (allowance.spans === 0) {
    allowance.dropped += 1;
    return false;
  }
  allowance.spans -= 1;
  return true;
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

function spanOptions(facts: Facts): { readonly kind: SpanKind; readonly attributes: Attributes } {
  return { kind: SpanKind.CLIENT, attributes: attributes(facts) };
}

function executionOptions({ workflowId, runId, started, facts, links }: ExecutionSpan): object {
  return {
    kind: SpanKind.SERVER,
    startTime: started,
    attributes: {
      'temporal.workflow_id': workflowId,
      'temporal.run_id': runId,
      ...attributes(facts),
    },
    links: links.map((other) => ({ context: linked(traceOf(other)) })),
  };
}

function linked(ids: TraceIds): SpanContext {
  return { ...ids, traceFlags: TraceFlags.SAMPLED, isRemote: true };
}

/** Attributes with our prefix, without secrets and with addresses masked. */
function attributes(facts: Facts): Attributes {
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [
      `parquetry.${name}`,
      typeof value === 'string' ? masked(hide(value)) : value,
    ]),
  );
}

function fail(span: Span, code: string): void {
  span.setAttribute('error.type', code);
  span.setStatus({ code: SpanStatusCode.ERROR, message: code });
}

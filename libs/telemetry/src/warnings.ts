import { DiagLogLevel, diag } from '@opentelemetry/api';
import { hideSecrets, masked } from '@parquetry/core';

/** Time between two warnings, milliseconds: a collector that is down fails every export. */
const EVERY_MS = 60_000;

/** OpenTelemetry quotes these addresses when it can't read them, and then `masked` can't either. */
const ADDRESSES = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'];

/** Writes one line about the export of traces. */
export type Warn = (text: string) => void;

/** The warnings of one export of traces. */
export interface Warnings {
  /** Writes a last line, whenever the one before was; after that OpenTelemetry reports nothing again. */
  end(text?: string): void;
}

/**
 * Passes on what OpenTelemetry reports about its settings and its exports, one line a minute at most, without secrets. By
 * default it reports nothing.
 * @param now milliseconds of a clock that is never set back
 */
export function passWarnings(warn: Warn, now: () => number = () => performance.now()): Warnings {
  // The environment of a process does not change.
  const hide = hideSecrets(process.env);
  let next = Number.NEGATIVE_INFINITY;
  let held = 0;
  const write = (texts: readonly string[]): void => {
    const others =
      held === 0 ? [] : [`${held} more ${held === 1 ? 'warning' : 'warnings'} since the last one`];
    held = 0;
    if (texts.length + others.length > 0)
      warn(`Traces: ${[...texts.map((text) => masked(hide(withoutAddresses(text)))), ...others].join('; ')}`);
  };
  const pass = (...parts: readonly unknown[]): void => {
    if (now() < next) {
      held += 1;
      return;
    }
    next = now() + EVERY_MS;
    write([parts.map(messageOf).join(' ')]);
  };
  const drop = (): void => undefined;
  diag.setLogger(
    { error: pass, warn: pass, info: drop, debug: drop, verbose: drop },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  return {
    end(text) {
      write(text === undefined ? [] : [text]);
      diag.disable();
    },
  };
}

function withoutAddresses(text: string): string {
  return ADDRESSES.reduce((rest, name) => {
    const value = process.env[name];
    return value === undefined || value === '' ? rest : rest.replaceAll(value, `the value of ${name}`);
  }, text);
}

/** The message of an error, which OpenTelemetry reports as a JSON object with its stack; other texts as they are. */
function messageOf(part: unknown): string {
  const text = String(part);
  if (!text.startsWith('{')) return text;
  try {
    const { message, code, name, stack } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (stack === undefined) return text;
    const what = [message, name].find((each) => typeof each === 'string' && each !== '');
    return `${String(what ?? 'an error without a message')}${code === undefined ? '' : ` (${String(code)})`}`;
  } catch {
    return text;
  }
}

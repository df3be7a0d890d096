import { DiagLogLevel, diag } from '@opentelemetry/api';
import { hideSecrets, masked } from '@parquetry/core';

/** Time between two warnings: a collector that is down fails every export. */
const EVERY_MS = 60_000;

/** Writes one line about the export of traces. */
export type Warn = (text: string) => void;

/**
 * Passes on what OpenTelemetry reports about its settings and its exports, one line a minute at most, without secrets. By
 * default it reports nothing.
 */
export function passWarnings(warn: Warn, now: () => number = Date.now): void {
  // The environment of a process does not change.
  const hide = hideSecrets(process.env);
  let next = Number.NEGATIVE_INFINITY;
  let held = 0;
  const pass = (...parts: readonly unknown[]): void => {
    if (now() < next) {
      held += 1;
      return;
    }
    next = now() + EVERY_MS;
    const others = held === 0 ? '' : ` (${held} more warnings since the last one)`;
    held = 0;
    warn(`Traces: ${masked(hide(parts.map(messageOf).join(' ')))}${others}`);
  };
  const drop = (): void => undefined;
  diag.setLogger(
    { error: pass, warn: pass, info: drop, debug: drop, verbose: drop },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}

/** The message of an error, which OpenTelemetry reports as a JSON object with its stack. */
function messageOf(part: unknown): string {
  const text = String(part);
  if (!text.startsWith('{')) return text;
  try {
    const { message, code, name } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const what = [message, name].find((each) => typeof each === 'string' && each !== '');
    return `${String(what ?? 'an error without a message')}${code === undefined ? '' : ` (${String(code)})`}`;
  } catch {
    return text;
  }
}

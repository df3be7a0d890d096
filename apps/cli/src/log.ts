import { hideSecrets, masked } from '@parquetry/core';
import type { Log, LogFields, LogLevel } from '@parquetry/worker';

/** Levels of log records, the most severe first. */
const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const satisfies readonly LogLevel[];

/** The form of a log record: a line for people, or one JSON object a line. */
export type LogFormat = 'text' | 'json';

/**
 * Opens a log on stderr. Every text of a record passes through `redact` here and nowhere else, so no caller can forget
 * it. Records below `level` are dropped.
 */
export function openLog(
  format: LogFormat,
  level: LogLevel,
  redact: (text: string) => string = redaction(),
  write: (line: string) => void = (line) => process.stderr.write(line),
): Log {
  const most = LOG_LEVELS.indexOf(level);
  const shown = format === 'json' ? jsonLine : textLine;
  return (severity, message, fields = {}) => {
    if (LOG_LEVELS.indexOf(severity) > most) return;
    const known = Object.entries(fields).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, typeof value === 'string' ? redact(value) : value] as const],
    );
    write(`${shown(new Date().toISOString(), severity, redact(message), Object.fromEntries(known))}\n`);
  };
}

/** Removes secrets of the environment, and users, passwords and queries of addresses. */
function redaction(): (text: string) => string {
  const hide = hideSecrets(process.env);
  return (text) => masked(hide(text));
}

function jsonLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  return JSON.stringify({ time, level, message, ...fields });
}

function textLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  const pairs = Object.entries(fields).map(([name, value]) => {
    const text = String(value);
    return ` ${name}=${/^[^\s"=]+$/.test(text) ? text : JSON.stringify(text)}`;
  });
  return `${time} ${level} ${message.replaceAll(/\s*\n\s*/g, ' ')}${pairs.join('')}`;
}

import { expandTypes, parsePoint } from '@parquetry/core';
import { InvalidArgumentError } from 'commander';

/** Commander parser: a whole number within bounds. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text.replaceAll('_', ''));
    if (!/^[\d_]+$/.test(text) || !Number.isSafeInteger(value) || value < min || value > max)
      throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
    return value;
  };
}

/** Commander parser: one of a list of words. */
export function choice(values: readonly string[]): (text: string) => string {
  return (text) => {
    if (!values.includes(text)) throw new InvalidArgumentError(`Use one of ${values.join(', ')}.`);
    return text;
  };
}

/** Commander parser: text that matches a pattern. */
export function matching(pattern: RegExp, takes: string): (text: string) => string {
  return (text) => {
    if (!pattern.test(text)) throw new InvalidArgumentError(`Expected ${takes}.`);
    return text;
  };
}

/** Commander parser: a number above 0. */
export function rate(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || !(value > 0))
    throw new InvalidArgumentError('Expected a number above 0, such as 2 or 0.5.');
  return value;
}

/** Commander parser: bytes such as `512MB`, `1.5GB`, `2GiB`. */
export function byteSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kKMG]i?)?B?$/.exec(text.trim());
  const factors: Record<string, number> = {
    k: 1e3,
    K: 1e3,
    M: 1e6,
    G: 1e9,
    ki: 2 ** 10,
    Ki: 2 ** 10,
    Mi: 2 ** 20,
    Gi: 2 ** 30,
  };
  const bytes = Math.floor(Number(match?.[1]) * (factors[match?.[2] ?? ''] ?? 1));
  if (!Number.isSafeInteger(bytes)) throw new InvalidArgumentError('Expected a size such as 512MB or 2GiB.');
  return bytes;
}

/** The message types that `--types` names: groups are replaced by their members. */
export function typeNames(text: string): string[] {
  return expandTypes(text.split(',').map((name) => name.trim()));
}

/** Commander collector for options that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** Commander collector for options that may be given several times, or once with commas. */
export function assignmentList(value: string, before?: unknown): readonly string[] {
  const parts = value.split(',').map((part) => part.trim());
  return [...((before as readonly string[] | undefined) ?? []), ...parts];
}

/** Commander parser: seconds from a time such as `30s`, `10m`, `2h`, `7d`. */
export function duration(text: string): number {
  const match = /^(\d{1,9})(s|m|h|d)$/.exec(text.trim());
  const seconds = Number(match?.[1]) * ({ s: 1, m: 60, h: 3600, d: 86_400 }[match?.[2] ?? ''] ?? Number.NaN);
  if (!(seconds >= 1)) throw new InvalidArgumentError('Expected a time such as 30s, 10m, 2h or 7d.');
  return seconds;
}

/** Commander parser: a ledger, or the text of a point that is resolved later, such as `@2025-07-13`. */
export function ledgerPoint(text: string): number | string {
  try {
    const point = parsePoint(text);
    return point.kind === 'ledger' ? point.ledger : text.trim();
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** Commander parser: where a tail begins. */
export function tailFrom(text: string): number | string {
  return text === 'committed' ? text : ledgerPoint(text);
}

/** Commander parser: an address, `host:port`. */
export function hostAndPort(text: string): string {
  const match = /^(\[[\da-f:]+\]|[\w.-]+):(\d{1,5})$/i.exec(text.trim());
  const port = Number(match?.[2]);
  if (!(port >= 1 && port <= 65_535))
    throw new InvalidArgumentError('Expected an address such as 127.0.0.1:9464.');
  return text.trim();
}

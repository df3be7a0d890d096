import type { LedgerRange } from '@parquetry/core';
import type { LedgerState, ReportData } from '../src/data';

const whole = new Intl.NumberFormat('en-US');

/** `1234567` as `1,234,567`. */
export function count(value: number): string {
  return whole.format(value);
}

/** `1 file`, `2 files`. */
export function plural(value: number, word: string): string {
  return `${count(value)} ${word}${value === 1 ? '' : 's'}`;
}

/** Bytes for people: `1.4 MB`. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const unit = value < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  const scaled = value / 1000 ** unit;
  return `${unit === 0 ? value : scaled.toFixed(scaled < 10 ? 1 : 0)} ${units[unit] ?? ''}`;
}

/** A size that is a power of two: `64 KiB`, `128 MiB`. */
export function binary(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  const unit = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, value)) / 10));
  const scaled = value / 1024 ** unit;
  return `${Number.isInteger(scaled) ? scaled : scaled.toFixed(1)} ${units[unit] ?? ''}`;
}

/** Seconds for people: `4.2 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3600)} h`;
}

/** `420,000–420,099`, or one ledger. */
export function ledgers({ start, end }: LedgerRange): string {
  return start === end ? count(start) : `${count(start)}–${count(end)}`;
}

/** `2025-07-13 10:00 UTC`; empty for a text that is not a time. */
export function time(iso: string | number): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? '' : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** `2025-07-13` for a day since 1970. */
export function day(days: number): string {
  const date = new Date(days * 86_400_000);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString().slice(0, 10);
}

/** About when a ledger closed, Unix milliseconds: on the line through the two known ledgers next to it. */
export function closeTime({ clock }: ReportData, ledger: number): number | undefined {
  const after = clock.findIndex(([known]) => known >= ledger);
  const right = after === -1 ? clock.length - 1 : Math.max(1, after);
  const [left, next] = [clock[right - 1], clock[right]];
  if (left === undefined || next === undefined)
    return clock[0]?.[0] === ledger ? clock[0][1] * 1000 : undefined;
  const share = (ledger - left[0]) / (next[0] - left[0]);
  // Far outside of what is known, the line says nothing.
  if (share < -2 || share > 3) return undefined;
  return (left[1] + share * (next[1] - left[1])) * 1000;
}

/** How states are called on the page. */
export const LABELS: Readonly<Record<LedgerState, string>> = {
  none: 'not requested',
  committed: 'committed',
  tail: 'committed by a tail',
  compacted: 'compacted',
  rejected: 'committed, with rejects',
  gap: 'gap',
  waiting: 'waiting for its run',
  running: 'running',
  parked: 'parked',
};

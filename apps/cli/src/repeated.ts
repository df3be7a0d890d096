import { MAX_LEDGER } from '@parquetry/core';
import { tailFrom } from './parsers';
import { type Setting, pointKind, sizeKind, switchKind, timeKind, oneOf, text, whole } from './setting';

/** Temporal's overlap policies: what a schedule does if a run is due while another one is running. */
const OVERLAPS = [
  'SKIP',
  'BUFFER_ONE',
  'BUFFER_ALL',
  'CANCEL_OTHER',
  'TERMINATE_OTHER',
  'ALLOW_ALL',
] as const;

/** Settings of tails and schedules. */
export const REPEATED_SETTINGS: readonly Setting[] = [
  {
    name: 'from',
    topic: 'tail',
    value: '<where>',
    default: 'committed',
    takes: `committed, ${pointKind.takes}`,
    accepts: { anyOf: [{ enum: ['committed', 'latest'] }, pointKind.accepts] },
    parse: tailFrom,
    doc: 'where a tail starts: committed (after the last committed ledger; in a new archive, or for a new message type, at the start of the source), latest (which leaves a gap after the committed ledgers), a ledger, latest-1000 or @2025-07-13; for a schedule: the first ledger of a new archive or message type',
  },
  {
    name: 'until',
    topic: 'tail',
    used: 'seldom',
    value: '<ledger>',
    ...pointKind,
    doc: 'end the tail after this ledger',
  },
  {
    name: 'lag',
    topic: 'tail',
    value: '<ledgers>',
    default: 0,
    ...whole(0, 1_000_000_000),
    doc: 'stay this many ledgers behind the newest one; of message files, behind the one before it, which is complete',
  },
  {
    name: 'max-rows',
    topic: 'tail',
    value: '<rows>',
    ...whole(1, 2_000_000_000),
    doc: 'flush at this many rows (default: the buffer size; else 10000, unless a file size is set)',
  },
  {
    name: 'max-bytes',
    topic: 'tail',
    value: '<size>',
    ...sizeKind,
    doc: 'flush at this many bytes of the source: message lines or XDR (default: 64MB, unless a file size is set)',
  },
  {
    name: 'max-age',
    topic: 'tail',
    value: '<time>',
    ...timeKind,
    doc: 'flush when the oldest ledger has waited this long (default: the rotation interval, else 10m)',
  },
  {
    name: 'poll',
    topic: 'tail',
    used: 'seldom',
    value: '<time>',
    default: '2s',
    ...timeKind,
    doc: 'how often to check a source that has no new ledgers',
  },
  {
    name: 'cron',
    topic: 'schedule',
    value: '<expression>',
    ...text('a cron expression'),
    doc: 'when runs start, as a cron expression in UTC: "0 3 * * *"',
  },
  {
    name: 'every',
    topic: 'schedule',
    value: '<time>',
    ...timeKind,
    doc: 'how often runs start; use this or --cron',
  },
  {
    name: 'max-ledgers',
    topic: 'schedule',
    value: '<ledgers>',
    default: 100_000,
    ...whole(1, MAX_LEDGER),
    doc: 'maximum number of ledgers in a run',
  },
  {
    name: 'overlap',
    topic: 'schedule',
    value: '<policy>',
    default: 'SKIP',
    ...oneOf(...OVERLAPS),
    doc: 'what to do with a run that is due while another one is running',
  },
  {
    name: 'catch-up',
    topic: 'schedule',
    used: 'seldom',
    value: '<time>',
    default: '1d',
    ...timeKind,
    doc: 'start missed runs that were due at most this long ago',
  },
  {
    name: 'paused',
    topic: 'schedule',
    ...switchKind,
    doc: 'create the schedule paused',
  },
];

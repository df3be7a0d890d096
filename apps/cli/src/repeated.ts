import { MAX_LEDGER } from '@parquetry/core';
import { tailFrom } from './parsers';
import { type Setting, aSize, aSwitch, aTime, oneOf, text, whole } from './setting';

/** What a schedule does when a run is due and one is still at work, by Temporal's names. */
const OVERLAPS = [
  'SKIP',
  'BUFFER_ONE',
  'BUFFER_ALL',
  'CANCEL_OTHER',
  'TERMINATE_OTHER',
  'ALLOW_ALL',
] as const;

/** Settings of what goes on without an end: tails, and the runs of schedules. */
export const REPEATED_SETTINGS: readonly Setting[] = [
  {
    name: 'from',
    topic: 'tail',
    value: '<where>',
    default: 'committed',
    takes: 'committed, latest, a ledger',
    parse: tailFrom,
    doc: 'where a tail begins: committed (after what the archive has, in a new one, or with a message type that it lacks, where the source begins), latest, or a ledger; for a schedule the first ledger of a new archive or type',
  },
  {
    name: 'until',
    topic: 'tail',
    value: '<ledger>',
    ...whole(1, MAX_LEDGER),
    doc: 'end the tail after this ledger',
  },
  {
    name: 'lag',
    topic: 'tail',
    value: '<ledgers>',
    default: 0,
    ...whole(0, 1_000_000_000),
    doc: 'a tail and the runs of a schedule stay so many ledgers behind the newest',
  },
  {
    name: 'max-rows',
    topic: 'tail',
    value: '<rows>',
    ...whole(1, 2_000_000_000),
    doc: 'flush at this many rows (default: buffer size, else 10000 where no file size is set)',
  },
  {
    name: 'max-bytes',
    topic: 'tail',
    value: '<size>',
    ...aSize,
    doc: 'flush at this much of the source: message lines, or the XDR of ledgers (default: 64MB where no file size is set)',
  },
  {
    name: 'max-age',
    topic: 'tail',
    value: '<time>',
    ...aTime,
    doc: 'flush when the oldest ledger waited so long (default: rotation interval, else 10m)',
  },
  {
    name: 'poll',
    topic: 'tail',
    value: '<time>',
    ...aTime,
    doc: 'how often a source without news is looked at (default: 2s)',
  },
  {
    name: 'cron',
    topic: 'schedule',
    value: '<expression>',
    ...text('a cron expression'),
    doc: 'when runs start, as cron has it, in UTC: "0 3 * * *"',
  },
  {
    name: 'every',
    topic: 'schedule',
    value: '<time>',
    ...aTime,
    doc: 'how often runs start; instead of `--cron`',
  },
  {
    name: 'max-ledgers',
    topic: 'schedule',
    value: '<ledgers>',
    default: 100_000,
    ...whole(1, MAX_LEDGER),
    doc: 'most ledgers a run takes',
  },
  {
    name: 'overlap',
    topic: 'schedule',
    value: '<policy>',
    default: 'SKIP',
    ...oneOf(...OVERLAPS),
    doc: 'what becomes of a run that is due while one is still at work',
  },
  {
    name: 'catch-up',
    topic: 'schedule',
    value: '<time>',
    ...aTime,
    doc: 'start runs that were missed for so long (default: 1d)',
  },
  {
    name: 'paused',
    topic: 'schedule',
    ...aSwitch,
    doc: 'make the schedule paused',
  },
];

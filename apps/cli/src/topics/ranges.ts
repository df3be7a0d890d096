import type { Topic } from './topic';

/** `parquetry help ranges` */
export const ranges: Topic = {
  name: 'ranges',
  summary: 'ledger ranges, partitions and coverage',
  text: () => `A range is FIRST-LAST, and both ledgers belong to it: 426000-426100 has 101 ledgers.
\`--ledgers\` takes ranges in any of these forms:

    426000-426100                  the first and the last ledger; 426000:426100 is the same
    426000:+100                    100 ledgers from 426000 on
    63.09M:+10k                    thousands and millions
    63_092_982                     one ledger; underscores separate digits
    latest-1000:latest             the newest ledger and 1000 before it
    :latest                        from the first ledger to the newest
    @2025-07-13                    a day in UTC
    @2025-07-01:@2025-07-08        days; the last day belongs to the range
    @2025-07-13T09:00Z:+2h         two hours: from 09:00:00 until before 11:00:00
    @2025-07-13T09:00Z:latest      the ends can have different forms
    426000-426100,@2025-07-13      several ranges, separated by commas

    parquetry plan --source galexie:./lake --archive ./archive --ledgers 426000-426100
    parquetry query --archive ./archive --ledgers @2025-07-13 "select …"

**Times.** A ledger belongs to a range when it closed within it. A date as an end means the
whole day; a time as an end includes ledgers that closed in that second. Spans are +30s,
+10m, +2h, +7d. Commands print what they found as ledgers and times.

**Where times and latest come from.** Commands that read a source (\`backfill\`, \`plan\`,
\`retry\`, \`tail --from\`) ask the source: a lake and an RPC node with a few reads, message files
with one pass. A processor can't be asked. Commands that read an archive (\`query\`, \`files\`,
\`verify\`, \`compact\`) ask the archive: its committed ledgers and their close times.

**Times without ledgers.** A run and \`verify\` refuse a time before the first ledger, after the
newest one, or in a gap: ledgers of the range could be missing without a trace. Write
\`:@2025-07-13\` to begin at the first ledger, and \`@2025-07-13:latest\` to end at the newest.
\`query\`, \`files\` and \`compact\` take the existing ledgers.

**Several ranges.** Ranges that overlap or touch become one. \`backfill\` and \`compact\` start one
run for each range, one after the other; the ledgers between them are not written.

**Partitions.** A run splits its range at multiples of \`--partition-size\`. With size 1000
the range 1500-3200 has the partitions 1500-1999, 2000-2999 and 3000-3200. The first and
the last may be shorter; no ledger is dropped. A partition is pulled once, verified, and
committed per dataset.

**Coverage.** A committed ledger is covered, also if it has no rows. A ledger that was not
pulled is a gap. \`--mode fill\` (the default) writes only gaps and reports ledgers that were
committed with other settings; \`--mode replace\` also rewrites those. \`parquetry verify\`
reports gaps.

**Relative ranges.** A tail starts at \`--from\`: committed (after the last committed ledger),
latest, or a ledger, which can also be latest-1000 or @2025-07-13. A schedule determines
the range of each run when it starts: from the first ledger that is not committed to the
newest complete one minus \`--lag\`, at most \`--max-ledgers\`. The newest ledger of message files
may still get messages: a tail or a schedule takes it when there is a newer one.

**Folders.** With \`--layout ledger_range\` a folder is named by its edges: \`ledgers/420000-430000\`
has the ledgers 420000 to 429999. The ranges that you type and that commands print are
always inclusive.`,
};

import type { Topic } from './topic';

/** `parquetry help ranges` */
export const ranges: Topic = {
  name: 'ranges',
  summary: 'ledger ranges, partitions and coverage',
  text: () => `A range is FIRST-LAST, and both ledgers belong to it: 426000-426100 has 101 ledgers.
\`--ledgers\` takes a range in any of these forms:

    426000-426100       the first and the last ledger; 426000:426100 is the same
    426000:+100         100 ledgers from 426000 on
    63.09M:+10k         thousands and millions
    63_092_982          one ledger; underscores and commas separate digits

    parquetry plan --source galexie:./lake --archive ./archive --ledgers 426000-426100
    parquetry query --archive ./archive --ledgers 426000-426010 "select …"

**Partitions.** A run splits its range at multiples of \`--partition-size\`. With size 1000
the range 1500-3200 has the partitions 1500-1999, 2000-2999 and 3000-3200. The first and
the last may be shorter; no ledger is dropped. A partition is pulled once, verified, and
committed per dataset.

**Coverage.** A committed ledger is covered, also if it has no rows. A ledger that was not
pulled is a gap. \`--mode fill\` (the default) writes only gaps and reports ledgers that were
committed with other settings; \`--mode replace\` also rewrites those. \`parquetry verify\`
reports gaps.

**Relative ranges.** A tail starts at \`--from\`: committed (after the last committed ledger),
latest, or a ledger. A schedule determines the range of each run when it starts: from the
first ledger that is not committed to the newest one minus \`--lag\`, at most
\`--max-ledgers\`.

**Folders.** With \`--layout ledger_range\` a folder is named by its edges: \`ledgers/420000-430000\`
has the ledgers 420000 to 429999. The ranges that you type and that commands print are
always inclusive.`,
};

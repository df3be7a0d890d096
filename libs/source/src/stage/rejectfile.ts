import type { Reject, RejectSummary } from '@parquetry/core';
import { LineFile } from './lines';

/** Limits of a rejects file. They depend only on the rejects, so the same rejects produce the same bytes. */
export interface RejectLimits {
  /** Complete rejects per kind; a kind is a code and a column. */
  readonly perKind: number;
  /** Bytes of complete rejects of all kinds; the reject that reaches the limit is still kept. */
  readonly bytes: number;
  /** Kinds that are counted separately; others are counted by code alone. Message keys can produce unlimited kinds. */
  readonly kinds: number;
}

/** The limits of a run's rejects file, and of each dataset's in a partition. */
export const REJECT_LIMITS: RejectLimits = { perKind: 1_000, bytes: 64 << 20, kinds: 10_000 };

type Summary = { -readonly [Name in keyof RejectSummary]: RejectSummary[Name] };

interface Kind {
  /** Whether this kind combines all columns of a code that are not counted separately. */
  readonly others: boolean;
  whole: number;
  summary: Summary | undefined;
}

/**
 * Decides which rejects are kept completely and counts the others by kind. Once a reject of a kind is only counted,
 * all later ones of that kind are too, so a summary's first and last position enclose exactly the counted rejects.
 */
export class RejectLog {
  /** All rejects, whole or counted. */
  count = 0;
  /** By code and column; null combines the other columns. */
  private readonly kinds = new Map<string, Map<string | null | undefined, Kind>>();
  private size = 0;
  private bytes = 0;

  constructor(private readonly limits: RejectLimits = REJECT_LIMITS) {}

  /** Adds a reject; returns its line if it must be kept, undefined if it is only counted. */
  take(reject: Reject): string | undefined {
    this.count += 1;
    const { limits } = this;
    const kind = this.kindOf(reject);
    if (kind.summary === undefined && kind.whole < limits.perKind && this.bytes < limits.bytes) {
      kind.whole += 1;
      const line = JSON.stringify(reject);
      this.bytes += Buffer.byteLength(line) + 1;
      return line;
    }
    kind.summary = counted(kind, reject);
    return undefined;
  }

  /** The last lines of the file: a RejectSummary per kind with counted rejects, in the order of first occurrence. */
  summaries(): string[] {
    return [...this.kinds.values()]
      .flatMap((columns) => [...columns.values()])
      .flatMap(({ summary }) => (summary === undefined ? [] : [JSON.stringify(summary)]));
  }

  private kindOf({ code, column }: Reject): Kind {
    let columns = this.kinds.get(code);
    if (columns === undefined) this.kinds.set(code, (columns = new Map()));
    const known = columns.get(column);
    if (known !== undefined) return known;
    const others = column !== undefined && this.size >= this.limits.kinds;
    const name = others ? null : column;
    let kind = columns.get(name);
    if (kind !== undefined) return kind;
    columns.set(name, (kind = { others, whole: 0, summary: undefined }));
    this.size += 1;
    return kind;
  }
}

/** Adds one reject to a kind's summary. The summary describes the first reject of the lowest ledger. */
function counted({ summary, others }: Kind, reject: Reject): Summary {
  const { position, ledger } = reject;
  if (summary !== undefined && (ledger ?? 0) >= (summary.ledger ?? 0)) {
    summary.count += 1;
    summary.last = position;
    return summary;
  }
  const { code, reason, dataset, column, expected, actual } = reject;
  // Copy the text: a slice would keep the whole message in memory.
  return JSON.parse(
    JSON.stringify({
      code,
      reason,
      dataset,
      ledger,
      column: others ? undefined : column,
      expected,
      actual,
      position,
      count: (summary?.count ?? 0) + 1,
      first: summary?.first ?? position,
      last: position,
    }),
  ) as Summary;
}

/** A rejects file: complete rejects within the limits, then the summaries. */
export class RejectFile {
  private readonly log: RejectLog;
  private readonly file: LineFile;

  constructor(path: string, limits?: RejectLimits) {
    this.log = new RejectLog(limits);
    this.file = new LineFile(path);
  }

  get path(): string {
    return this.file.path;
  }

  /** All rejects, whole or counted. */
  get count(): number {
    return this.log.count;
  }

  append(reject: Reject): void {
    const line = this.log.take(reject);
    if (line !== undefined) this.file.append(line);
  }

  drain(): Promise<void> {
    return this.file.drain();
  }

  /** Writes the summaries and closes the file, which exists only when there are rejects. */
  async close(): Promise<void> {
    if (this.count === 0) return;
    for (const line of this.log.summaries()) this.file.append(line);
    await this.file.close();
  }
}
